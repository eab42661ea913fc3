import type { LogLine } from '../../signals/telemetry.ts'
import { LogTemplateMiner } from '../../signals/log-templates.ts'
import type { CallGraph } from '../call-graph.ts'
import type { Observation } from '../observation.ts'

/** How often one template stood in a service's log before and during the incident. */
interface TemplateCount {
  readonly id: number
  readonly isError: boolean
  before: number
  during: number
}

interface ServiceLog {
  readonly miner: LogTemplateMiner
  readonly templates: Map<number, TemplateCount>
  before: number
  during: number
  errorsBefore: number
  errorsDuring: number
}

const ERROR_LINE = /\b(?:error|fatal|critical|severe|panic|exception|traceback)\b|(?:Error|Exception)\b/i
const ERROR_HEAD = 400
/** A template absent on one side tells something only if this many lines were to be expected there. */
const MIN_EXPECTED = 3

/**
 * What the logs of each service say: more errors than before (`logErrors`), lines of a form never seen (`logNovelty`) and
 * forms that no longer appear (`logVanished`). Values are ln(1 + expected-or-seen lines) times the share they make up, so
 * that neither one odd line nor a chatty service wins. Empty without lines on both sides.
 */
export function logObservations(
  lines: readonly LogLine[],
  windowStart: number,
): ReadonlyMap<string, readonly Observation[]> {
  const logs = new Map<string, ServiceLog>()
  for (const line of lines) countLine(logs, line, windowStart)
  return new Map([...logs].map(([service, log]) => [service, observationsOf(log)]))
}

/** New errors in the log of a caller: what it calls may be why. The caller with the most counts. */
export function callerLogObservations(
  service: string,
  graph: CallGraph,
  logs: ReadonlyMap<string, readonly Observation[]>,
): readonly Observation[] {
  let most = 0
  let complaining = ''
  for (const caller of graph.callers(service)) {
    const errors = logs.get(caller)?.find(({ feature }) => feature === 'logErrors')?.value ?? 0
    if (errors > most) [most, complaining] = [errors, caller]
  }
  if (most === 0) return []
  return [
    {
      feature: 'callerLogErrors',
      value: most,
      kind: 'log',
      text: () => `${complaining}, which calls it, logs more errors than before`,
    },
  ]
}

function countLine(logs: Map<string, ServiceLog>, line: LogLine, windowStart: number): void {
  const log = logs.get(line.service) ?? newLog()
  logs.set(line.service, log)
  const isBefore = line.t < windowStart
  const isError = ERROR_LINE.test(line.line.length > ERROR_HEAD ? line.line.slice(0, ERROR_HEAD) : line.line)
  const id = log.miner.add(line.line)
  const count = log.templates.get(id) ?? { id, isError, before: 0, during: 0 }
  log.templates.set(id, count)
  if (isBefore) {
    count.before += 1
    log.before += 1
    if (isError) log.errorsBefore += 1
  } else {
    count.during += 1
    log.during += 1
    if (isError) log.errorsDuring += 1
  }
}

function newLog(): ServiceLog {
  return {
    miner: new LogTemplateMiner(),
    templates: new Map(),
    before: 0,
    during: 0,
    errorsBefore: 0,
    errorsDuring: 0,
  }
}

function observationsOf(log: ServiceLog): readonly Observation[] {
  const found = [errorObservation(log)]
  if (log.before === 0 || log.during === 0) return found
  return [...found, noveltyObservation(log), vanishedObservation(log)]
}

function errorObservation(log: ServiceLog): Observation {
  const expected = log.before === 0 ? 0 : (log.errorsBefore * log.during) / log.before
  const excess = Math.max(0, log.errorsDuring - expected - 2 * Math.sqrt(expected))
  return {
    feature: 'logErrors',
    value: log.during === 0 ? 0 : Math.log1p(excess) * Math.sqrt(excess / log.during),
    kind: 'log',
    text: () =>
      excess > 0
        ? `${log.errorsDuring} error lines of ${log.during}, where ${Math.round(expected)} were usual`
        : `no more error lines than usual (${log.errorsDuring} of ${log.during})`,
  }
}

function noveltyObservation(log: ServiceLog): Observation {
  let novel = 0
  let top: TemplateCount | null = null
  for (const count of log.templates.values()) {
    if (count.before > 0) continue
    novel += count.during
    if (top === null || count.during > top.during) top = count
  }
  return {
    feature: 'logNovelty',
    value: Math.log1p(novel) * Math.sqrt(novel / log.during),
    kind: 'log',
    text: () =>
      top === null
        ? 'no log line of a new form'
        : `${novel} log lines of a form not seen before, such as "${wordsOf(log, top)}"`,
  }
}

function vanishedObservation(log: ServiceLog): Observation {
  let vanished = 0
  let top: TemplateCount | null = null
  const ratio = log.during / log.before
  for (const count of log.templates.values()) {
    const expected = count.before * ratio
    if (count.during > 0 || expected < MIN_EXPECTED) continue
    vanished += expected
    if (top === null || count.before > top.before) top = count
  }
  return {
    feature: 'logVanished',
    value: Math.log1p(vanished) * Math.sqrt(Math.min(1, vanished / log.during)),
    kind: 'log',
    text: () =>
      top === null
        ? 'all usual log lines still appear'
        : `about ${Math.round(vanished)} log lines are missing, such as "${wordsOf(log, top)}"`,
  }
}

function wordsOf(log: ServiceLog, count: TemplateCount): string {
  const words = log.miner.template(count.id)?.words.join(' ') ?? ''
  return words.length > 120 ? `${words.slice(0, 119)}…` : words
}
