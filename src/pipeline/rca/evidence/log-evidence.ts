import type { LogTemplateMiner } from '../../signals/log-templates.ts'
import type { CaseWindow } from '../case-window.ts'
import type { CallGraph } from '../call-graph.ts'
import type { MinedLog } from '../mined-log.ts'
import type { Observation } from '../observation.ts'

/** How often one template stood in a service's log before and during the incident. */
interface TemplateCount {
  readonly id: number
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

/** A template absent on one side tells something only if this many lines were to be expected there. */
const MIN_EXPECTED = 3

/**
 * What the logs of each service say: more errors than before (`logErrors`), lines of a form never seen (`logNovelty`) and
 * forms that no longer appear (`logVanished`). Values are ln(1 + expected-or-seen lines) times the share they make up, so
 * that neither one odd line nor a chatty service wins. Empty without lines on both sides.
 */
export function logObservations(
  logs: ReadonlyMap<string, MinedLog>,
  windowStart: number,
  window: CaseWindow,
): ReadonlyMap<string, readonly Observation[]> {
  return new Map(
    [...logs].map(([service, log]) => [
      service,
      observationsOf(countLines(log, windowStart), countLines(log, errorsSince(log, window) ?? windowStart)),
    ]),
  )
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

function countLines({ miner, lines }: MinedLog, windowStart: number): ServiceLog {
  const log: ServiceLog = {
    miner,
    templates: new Map(),
    before: 0,
    during: 0,
    errorsBefore: 0,
    errorsDuring: 0,
  }
  for (const { t, template, isError } of lines) {
    const count = log.templates.get(template) ?? { id: template, before: 0, during: 0 }
    log.templates.set(template, count)
    if (t < windowStart) {
      count.before += 1
      log.before += 1
      if (isError) log.errorsBefore += 1
    } else {
      count.during += 1
      log.during += 1
      if (isError) log.errorsDuring += 1
    }
  }
  return log
}

const SPLITS = 30

/**
 * When the share of errors in one log rose: the moment in the window that parts its lines best (G-test: the likelihood gained by
 * two shares instead of one, less ln n for having looked for it). Null where no moment gains.
 */
function errorsSince({ lines }: MinedLog, { start, detectedAt }: CaseWindow): number | null {
  const errors = lines.filter(({ isError }) => isError).length
  if (errors < 3) return null
  const whole = likelihood(errors, lines.length)
  let best = Math.log(lines.length)
  let since: number | null = null
  for (let k = 0; k < SPLITS; k += 1) {
    const at = start + (k * (detectedAt - start)) / SPLITS
    let [n, bad] = [0, 0]
    for (const { t, isError } of lines) {
      if (t >= at) continue
      n += 1
      if (isError) bad += 1
    }
    const rest = lines.length - n
    if (n === 0 || rest === 0 || (errors - bad) / rest <= bad / n) continue
    const gain = likelihood(bad, n) + likelihood(errors - bad, rest) - whole
    if (gain > best) [best, since] = [gain, at]
  }
  return since
}

function likelihood(hits: number, n: number): number {
  const term = (k: number): number => (k === 0 ? 0 : k * Math.log(k / n))
  return term(hits) + term(n - hits)
}

function observationsOf(log: ServiceLog, errorLog: ServiceLog): readonly Observation[] {
  const found = [errorObservation(errorLog)]
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
