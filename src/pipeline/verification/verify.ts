import type { Rollout, SignalName, SignalVerdict, Verdict } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import { explain } from './explain.ts'
import { logSumExp } from './log-math.ts'
import {
  measuredSignals,
  servedAlone,
  stratifiedDifference,
  totals,
  unusableCounts,
  type MeasuredSignal,
} from './measured-signals.ts'
import { logECure, logEHarm, logENoHarm } from './odds-ratio.ts'
import { confidenceSequence, differenceInterval, logEAbove, logEBelow, type Count } from './proportion.ts'
import type { TestSettings, VerificationSettings } from './settings.ts'
import { checkTrafficSplit } from './traffic-split.ts'

/*
 * V1  Valid at every look: each e-value is a supermartingale under its hypothesis, and FAIL is a vote of e-values with
 *     weights that sum to at most 1, so that P(a harmless deployment ever fails) <= alpha under any dependence.
 * V2  No data, unusable data, a canary without traffic or a wrong split is never a pass.
 * V3  A fix must cure: of a broken control, "no worse" proves nothing.
 * V4  Without a control (at 100 %) the objective is the only test left.
 * V5  The answer is a function of the rollout and the settings alone.
 */

export type DeploymentKind = 'fix' | 'deploy'
export type Objective = ServiceDefinition['objective']

/** What was found, before it is put into words. */
export interface Findings {
  readonly kind: DeploymentKind
  readonly signals: readonly SignalVerdict[]
  readonly harm: boolean
  readonly noHarm: boolean
  readonly cured: boolean | null
  readonly objective: Objective | null
  readonly objectiveMet: boolean | null
  readonly split: { readonly ok: boolean; readonly observed: number | null }
  /** Why nothing may be concluded, although there may be evidence. */
  readonly unusable: string | null
  readonly alone: boolean
  /** ln of the vote: the weighted sum of the harm e-values. */
  readonly logVote: number
}

/** Judges the canary against the control over all blocks so far; `objective` null means that none is asked for. */
export function verify(
  rollout: Rollout,
  settings: VerificationSettings,
  objective: Objective | null,
  kind: DeploymentKind,
): Verdict {
  const started = performance.now()
  const blocks = usableBlocks(rollout)
  const findings: Findings = {
    ...judge({ ...rollout, blocks }, settings, objective, kind),
    unusable: unusableCounts(rollout) ?? (rollout.unreadable > 0 ? unreadable(rollout) : null),
  }
  const decision = decide(findings, rollout)
  return {
    incidentId: rollout.incidentId,
    decision,
    reason: explain(decision, findings, rollout, settings),
    signals: findings.signals,
    harm: findings.harm,
    noHarm: findings.noHarm,
    cured: findings.cured,
    objectiveMet: findings.objectiveMet,
    trafficSplitOk: findings.split.ok,
    requestsSeen: blocks.reduce((n, block) => n + block.canary.requests + block.control.requests, 0),
    computeMs: performance.now() - started,
  }
}

function decide(findings: Findings, rollout: Rollout): Verdict['decision'] {
  if (findings.harm) return 'fail'
  if (findings.unusable !== null || !findings.split.ok) return 'inconclusive' // V2
  if (rollout.blocks.at(-1)?.canary.requests === 0) return 'inconclusive' // V2: the traffic stopped
  if (findings.alone) return findings.objectiveMet === true ? 'pass' : 'inconclusive' // V4
  return findings.noHarm && findings.cured !== false ? 'pass' : 'inconclusive' // V3
}

function unreadable(rollout: Rollout): string {
  return `the counters could not be read (${rollout.unreadable} time${rollout.unreadable === 1 ? '' : 's'} in a row)`
}

/** With a single unusable block nothing is known: the others are not picked out. */
function usableBlocks(rollout: Rollout): Rollout['blocks'] {
  return unusableCounts(rollout) === null ? rollout.blocks : []
}

function judge(
  rollout: Rollout,
  settings: VerificationSettings,
  objective: Objective | null,
  kind: DeploymentKind,
): Omit<Findings, 'unusable'> {
  const measured = measuredSignals(rollout)
  const compared = measured.map((signal) => compare(signal, settings, kind))
  const votes = measured.map(
    (signal, index) => Math.log(settings.weights[signal.signal]) + vote(signal, compared[index], settings),
  )
  const aloneCount = servedAlone(rollout)
  const objectiveSignal =
    objective === null ? null : compareWithObjective(aloneCount, objective.errorRatio, settings)
  const signals = objectiveSignal === null ? compared : [...compared, objectiveSignal]
  const logVote = logSumExp([
    ...votes,
    ...(objectiveSignal === null ? [] : [objectiveVote(objectiveSignal, settings)]),
  ])
  const errors = compared[0]
  return {
    kind,
    signals,
    logVote,
    harm: logVote >= Math.log(1 / settings.alpha),
    noHarm: measured.every((signal, index) => isShownHarmless(signal, compared[index], settings)),
    cured: kind === 'fix' ? (errors?.logECure ?? 0) >= Math.log(1 / settings.beta) : null,
    objective,
    objectiveMet: objectiveSignal === null ? null : objectiveAnswer(objectiveSignal, settings),
    split: checkTrafficSplit(rollout, settings.trafficSplit),
    alone: objective !== null && rollout.weightPercent >= 100,
  }
}

/** E^(1/phi): failures that come in clusters count for less. */
function tempered(logE: number, settings: VerificationSettings): number {
  return logE / settings.overDispersion
}

function compare(
  { signal, tables }: MeasuredSignal,
  settings: VerificationSettings,
  kind: DeploymentKind,
): SignalVerdict {
  const { canary, control } = totals(tables)
  const test = testOf(signal, settings)
  const harm = tempered(logEHarm(tables, test.harmOddsRatio), settings)
  const noHarm = tempered(logENoHarm(tables, test.noHarmOddsRatio), settings)
  const cures = kind === 'fix' && signal === 'error_ratio'
  const cure = cures ? tempered(logECure(tables, settings.cureFactor), settings) : null
  return {
    signal,
    canary: withRatio(canary),
    control: withRatio(control),
    difference: canary.n > 0 && control.n > 0 ? canary.x / canary.n - control.x / control.n : null,
    interval: differenceInterval(canary, control, settings.intervalLevel),
    level: settings.intervalLevel,
    logEHarm: harm,
    logENoHarm: noHarm,
    logECure: cure,
    pHarm: pValue(harm),
    pNoHarm: pValue(noHarm),
    pCure: cure === null ? null : pValue(cure),
  }
}

/** The new release alone: "harm" is an error ratio above the objective, "no harm" one below it. */
function compareWithObjective(count: Count, p0: number, settings: VerificationSettings): SignalVerdict {
  const above = tempered(logEAbove(count, p0), settings)
  const below = tempered(logEBelow(count, p0), settings)
  const [low, high] = confidenceSequence(count, settings.intervalLevel)
  return {
    signal: 'objective',
    canary: withRatio(count),
    control: { n: 0, x: 0, ratio: p0 },
    difference: count.n === 0 ? null : count.x / count.n - p0,
    interval: count.n === 0 ? null : [low - p0, high - p0],
    level: settings.intervalLevel,
    logEHarm: above,
    logENoHarm: below,
    logECure: null,
    pHarm: pValue(above),
    pNoHarm: pValue(below),
    pCure: null,
  }
}

function objectiveAnswer(signal: SignalVerdict, settings: VerificationSettings): boolean | null {
  if (signal.logENoHarm >= Math.log(1 / settings.beta)) return true
  return objectiveVote(signal, settings) >= Math.log(1 / settings.alpha) ? false : null
}

function objectiveVote(signal: SignalVerdict, settings: VerificationSettings): number {
  return Math.log(settings.weights.objective) + signal.logEHarm
}

/** ln E of harm. A signal without a difference worth speaking of does not vote: its e-value enters as 0. */
function vote(
  { signal, tables }: MeasuredSignal,
  verdict: SignalVerdict | undefined,
  settings: VerificationSettings,
): number {
  const difference = stratifiedDifference(tables)
  const speaks = difference !== null && difference >= testOf(signal, settings).minDifference
  return speaks && verdict !== undefined ? verdict.logEHarm : Number.NEGATIVE_INFINITY
}

/**
 * A signal that need not pass, or one proved below psi1, or one whose events are so rare that a difference worth
 * speaking of is excluded: n >= ln(1/beta) / delta requests without a single event, or the same as an e-value.
 */
function isShownHarmless(
  { signal }: MeasuredSignal,
  verdict: SignalVerdict | undefined,
  settings: VerificationSettings,
): boolean {
  if (verdict === undefined) return false
  if (signal !== 'error_ratio' && !settings.mustPass.includes(signal)) return true // V2: errors always count
  const needed = Math.log(1 / settings.beta)
  if (verdict.logENoHarm >= needed) return true
  const { minDifference } = testOf(signal, settings)
  const { n, x } = verdict.canary
  const phi = settings.overDispersion
  if (verdict.control.n === 0) return false
  if (x === 0 && verdict.control.x === 0) return n >= (phi * needed) / minDifference
  return tempered(logEBelow({ n, x }, minDifference), settings) >= needed
}

function testOf(signal: SignalName, settings: VerificationSettings): TestSettings {
  return signal === 'error_ratio' ? settings.errors : settings.latency
}

function withRatio({ n, x }: Count): SignalVerdict['canary'] {
  return { n, x, ratio: n === 0 ? null : x / n }
}

/** Anytime-valid: holds at every look. */
function pValue(logE: number): number {
  return Math.min(1, Math.exp(-logE))
}
