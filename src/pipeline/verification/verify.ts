import type { CureSignal, Rollout, SignalName, SignalVerdict, Verdict } from '../contracts.ts'
import { explain } from './explain.ts'
import { judgeGrowth } from './growth.ts'
import { logSumExp } from './log-math.ts'
import {
  measuredSignals,
  stratifiedDifference,
  totals,
  unusableCounts,
  type MeasuredSignal,
} from './measured-signals.ts'
import { logECure, logEHarm, logENoHarm } from './odds-ratio.ts'
import { judgeObjective, type Objective } from './objective.ts'
import { differenceInterval, logEBelow } from './proportion.ts'
import type { TestSettings, VerificationSettings } from './settings.ts'
import { pValue, tempered, withRatio } from './signal-verdict.ts'
import { checkTrafficSplit } from './traffic-split.ts'

/*
 * V1  Valid at every look: each e-value is a supermartingale under its hypothesis, and FAIL is a vote of e-values with
 *     weights that sum to at most 1, so that P(a harmless deployment ever fails) <= alpha under any dependence.
 * V2  No data, unusable data, a canary without traffic or a wrong split is never a pass.
 * V3  A fix must cure the incident's own signal: of a broken control, "no worse" proves nothing.
 * V4  Without a control (at 100 %) the objective is the only test left, of the latency too where that is the incident's signal;
 *     and growth, which needs no control, must still be seen to have ended.
 * V5  The answer is a function of the rollout and the settings alone.
 */

export type DeploymentKind = 'fix' | 'deploy'
export type { Objective }

/** What was found, before it is put into words. */
export interface Findings {
  readonly kind: DeploymentKind
  readonly signals: readonly SignalVerdict[]
  readonly harm: boolean
  readonly noHarm: boolean
  readonly cured: boolean | null
  /** What was to be cured; empty for a plain deploy. */
  readonly cures: readonly CureSignal[]
  /** That growth is to be cured, and is not shown to have ended. */
  readonly mayGrow: boolean
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
  if (findings.alone) return findings.objectiveMet === true && !findings.mayGrow ? 'pass' : 'inconclusive' // V4
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
  const cures = kind === 'fix' ? (rollout.cures ?? DEFAULT_CURES) : []
  const measured = measuredSignals(rollout)
  const compared = measured.map((signal) => compare(signal, settings, cures))
  const growth = cures.includes('growth') ? judgeGrowth(rollout, settings) : null
  const cureSignals = growth === null ? compared : [...compared, growth]
  const votes = measured.map((signal, index) => vote(signal, compared[index], settings))
  const alone = objective === null ? NO_OBJECTIVE : judgeObjective({ rollout, objective, cures }, settings)
  const logVote = logSumExp([...votes, ...alone.votes])
  return {
    kind,
    cures,
    signals: [...cureSignals, ...alone.signals],
    logVote,
    harm: logVote >= Math.log(1 / settings.alpha),
    noHarm: measured.every((signal, index) => isShownHarmless(signal, compared[index], settings)),
    cured: kind === 'fix' ? cures.every((signal) => isCured(signal, cureSignals, settings)) : null,
    mayGrow: cures.includes('growth') && !isCured('growth', cureSignals, settings),
    objective,
    objectiveMet: alone.met,
    split: checkTrafficSplit(rollout, settings.trafficSplit),
    alone: objective !== null && rollout.weightPercent >= 100,
  }
}

const DEFAULT_CURES: readonly CureSignal[] = ['error_ratio']
const NO_OBJECTIVE = { signals: [], votes: [], met: null } as const

/** What is not measured is not cured (V2). */
function isCured(
  cure: CureSignal,
  compared: readonly SignalVerdict[],
  settings: VerificationSettings,
): boolean {
  const found = compared.find(({ signal }) => signal === cure)
  return (found?.logECure ?? 0) >= Math.log(1 / settings.beta)
}

function compare(
  { signal, edgeMs, tables }: MeasuredSignal,
  settings: VerificationSettings,
  cures: readonly CureSignal[],
): SignalVerdict {
  const { canary, control } = totals(tables)
  const test = testOf(signal, settings)
  const harm = tempered(logEHarm(tables, test.harmOddsRatio), settings)
  const noHarm = tempered(logENoHarm(tables, test.noHarmOddsRatio), settings)
  const isCure = cures.some((cure) => cure === signal)
  const cure = isCure ? tempered(logECure(tables, settings.cureFactor), settings) : null
  return {
    signal,
    ...(edgeMs === null ? {} : { edgeMs }),
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

/** ln of the weighted E of harm. A signal without a difference worth speaking of does not vote: its e-value enters as 0. */
function vote(
  { signal, tables }: MeasuredSignal,
  verdict: SignalVerdict | undefined,
  settings: VerificationSettings,
): number {
  if (signal === 'slow_ratio' || verdict === undefined) return Number.NEGATIVE_INFINITY
  const difference = stratifiedDifference(tables)
  const speaks = difference !== null && difference >= testOf(signal, settings).minDifference
  return speaks ? Math.log(settings.weights[signal]) + verdict.logEHarm : Number.NEGATIVE_INFINITY
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
