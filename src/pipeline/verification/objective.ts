import type { CureSignal, Rollout, SignalVerdict } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import { answeredAlone, servedAlone } from './measured-signals.ts'
import { confidenceSequence, logEAbove, logEBelow, type Count } from './proportion.ts'
import type { VerificationSettings } from './settings.ts'
import { pValue, tempered, withRatio } from './signal-verdict.ts'

export type Objective = ServiceDefinition['objective']

/** An objective for the 95th percentile: at most this share of the answers may be slower. */
const SLOW_BY_P95 = 0.05

export interface ObjectiveFindings {
  readonly signals: readonly SignalVerdict[]
  /** ln of the weighted e-values of harm. */
  readonly votes: readonly number[]
  /** True when all that is asked is proved, false when the contrary of a part is; null while it is open. */
  readonly met: boolean | null
}

/**
 * The new release alone against the service's own objective: "harm" is a share above it, "no harm" one below. The errors
 * always; the latency where slow answers are what was to be cured and an objective for it is set and measured.
 */
export function judgeObjective(
  { rollout, objective, cures }: { rollout: Rollout; objective: Objective; cures: readonly CureSignal[] },
  settings: VerificationSettings,
): ObjectiveFindings {
  const errors = against('objective', servedAlone(rollout), objective.errorRatio, settings)
  const slow = cures.includes('slow_ratio') && objective.latencyP95Ms !== null ? answeredAlone(rollout) : null
  const asked =
    slow === null
      ? [errors]
      : [errors, { ...against('objective_latency', slow.count, SLOW_BY_P95, settings), edgeMs: slow.edgeMs }]
  const answers = asked.map((signal) => answerOf(signal, settings))
  return {
    signals: asked,
    votes: asked.map((signal) => voteOf(signal, settings)),
    met: answers.every((answer) => answer === true) ? true : answers.includes(false) ? false : null,
  }
}

interface ObjectiveVerdict extends SignalVerdict {
  readonly signal: 'objective' | 'objective_latency'
}

function against(
  signal: ObjectiveVerdict['signal'],
  count: Count,
  p0: number,
  settings: VerificationSettings,
): ObjectiveVerdict {
  const above = tempered(logEAbove(count, p0), settings)
  const below = tempered(logEBelow(count, p0), settings)
  const [low, high] = confidenceSequence(count, settings.intervalLevel)
  return {
    signal,
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

function answerOf(signal: ObjectiveVerdict, settings: VerificationSettings): boolean | null {
  if (signal.logENoHarm >= Math.log(1 / settings.beta)) return true
  return voteOf(signal, settings) >= Math.log(1 / settings.alpha) ? false : null
}

function voteOf({ signal, logEHarm }: ObjectiveVerdict, settings: VerificationSettings): number {
  return Math.log(settings.weights[signal]) + logEHarm
}
