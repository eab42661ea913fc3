import { groupLogLines } from '../signals/log-lines.ts'
import type { LogRecord } from '../signals/log-record.ts'
import type { FailingInput, StackFrame, StackTrace } from '../signals/stack-trace.ts'
import type { LogLine } from '../signals/telemetry.ts'

export interface CulpritTrace {
  readonly stackTrace: StackTrace
  /** How many records of the incident carry the same exception at the same place. */
  readonly count: number
  readonly failingInput: FailingInput | null
}

/** Newest lines of one service that are parsed; an outage repeats itself. */
const MOST_LINES = 400
/** JSON lines without any of these cannot hold a trace and are not parsed. */
const MAY_HOLD_TRACE = /error|exception|traceback|panic|fatal|critical|"stack|\bat .+:\d+/i

/**
 * The exception that one service logged most often since `onset` (epoch seconds), and the newest request recorded with it
 * or under the same trace id. Null where its log holds none.
 */
export function culpritTrace(lines: readonly LogLine[], service: string, onset: number): CulpritTrace | null {
  const records = groupLogLines(linesToParse(lines, service, onset))
  const groups = Map.groupBy(
    records.filter(({ stackTraces }) => stackTraces.length > 0),
    (record) => signature(record.stackTraces[0] as StackTrace),
  )
  const [most] = [...groups.values()].sort((a, b) => b.length - a.length)
  const newest = most?.at(-1)
  const stackTrace = newest?.stackTraces[0]
  if (most === undefined || stackTrace === undefined) return null
  return { stackTrace, count: most.length, failingInput: inputOf(most, records) }
}

function linesToParse(lines: readonly LogLine[], service: string, onset: number): readonly string[] {
  const found: string[] = []
  for (let at = lines.length - 1; at >= 0 && found.length < MOST_LINES; at -= 1) {
    const line = lines[at]
    if (line === undefined || line.service !== service || line.t < onset) continue
    if (line.line.startsWith('{') && !MAY_HOLD_TRACE.test(line.line)) continue
    found.push(line.line)
  }
  return found.reverse()
}

/** Same exception at the same place, whatever the message says this time. */
function signature(trace: StackTrace): string {
  const frame = throwingFrame(trace)
  return `${trace.type}\n${frame?.file ?? ''}:${frame?.line ?? ''}`
}

/** The innermost frame of the service's own code; the innermost of all where none is. */
export function throwingFrame(trace: StackTrace): StackFrame | null {
  return trace.frames.find(({ application }) => application) ?? trace.frames[0] ?? null
}

function inputOf(same: readonly LogRecord[], all: readonly LogRecord[]): FailingInput | null {
  const own = same.findLast(({ failingInput }) => failingInput !== null)
  if (own !== undefined) return own.failingInput
  const traceIds = new Set(same.map(({ traceId }) => traceId).filter((id) => id !== null))
  return (
    all.findLast(({ traceId, failingInput }) => failingInput !== null && traceIds.has(traceId ?? ''))
      ?.failingInput ?? null
  )
}

/** The folders of a long path say nothing in one sentence; its name does. */
const LONG_PATH = /(?:\/[^\s'"/]{1,200}){4,}\/([^\s'"/]{1,200})/g

/** "TypeError: ... at receipt.py:41". */
export function describeTrace(trace: StackTrace): string {
  const frame = throwingFrame(trace)
  const said = trace.message.replace(LONG_PATH, '…/$1')
  const message = said.length > 120 ? `${said.slice(0, 119)}…` : said
  const where =
    frame === null ? '' : ` at ${baseName(frame.file)}${frame.line === null ? '' : `:${frame.line}`}`
  return `${trace.type}${message === '' ? '' : `: ${message}`}${where}`
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file
}

/** Whether a path of a repository is the file of a frame, which runs somewhere else: one ends with the other. */
export function isSameFile(path: string, frameFile: string): boolean {
  const frame = frameFile.replaceAll('\\', '/')
  return frame === path || frame.endsWith(`/${path}`) || path.endsWith(`/${frame.replace(/^\.?\//, '')}`)
}
