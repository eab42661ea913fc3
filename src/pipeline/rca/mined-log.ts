import type { LogLine } from '../signals/telemetry.ts'
import { LogTemplateMiner } from '../signals/log-templates.ts'

/** One line as its form: what it says beyond that is payload. */
export interface MinedLine {
  /** Epoch seconds. */
  readonly t: number
  readonly template: number
  readonly isError: boolean
}

/** The log of one service, read once. */
export interface MinedLog {
  readonly miner: LogTemplateMiner
  readonly lines: readonly MinedLine[]
}

const ERROR_LINE = /\b(?:error|fatal|critical|severe|panic|exception|traceback)\b|(?:Error|Exception)\b/i
const ERROR_HEAD = 400

export function mineLogs(lines: readonly LogLine[]): ReadonlyMap<string, MinedLog> {
  const logs = new Map<string, { readonly miner: LogTemplateMiner; readonly lines: MinedLine[] }>()
  for (const { service, t, line } of lines) {
    let log = logs.get(service)
    if (log === undefined) logs.set(service, (log = { miner: new LogTemplateMiner(), lines: [] }))
    log.lines.push({ t, template: log.miner.add(line), isError: isErrorLine(line) })
  }
  return logs
}

function isErrorLine(line: string): boolean {
  return ERROR_LINE.test(line.length > ERROR_HEAD ? line.slice(0, ERROR_HEAD) : line)
}
