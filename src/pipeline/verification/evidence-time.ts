import { ALTERNATIVES } from './odds-ratio.ts'
import type { VerificationSettings } from './settings.ts'
import type { DeploymentKind, Objective } from './verify.ts'

/** What the service's traffic is like before the rollout. */
export interface Traffic {
  readonly requestsPerSecond: number
  /** Share of the requests that fail now, 0..1. */
  readonly errorRatio: number
  /** Whether a latency histogram is measured. */
  readonly latency: boolean
}

export interface PlannedStep {
  readonly percent: number
  readonly soakMs: number
  readonly minCanaryRequests: number
}

export interface StepTime {
  readonly percent: number
  /** Expected time until the step is decided if all is well; null where it never is at this traffic. */
  readonly ms: number | null
}

/** A fix that works is taken to leave this share of the objective's errors. */
const LEFT_BY_A_CURE = 0.1
/** Share of answers above the control's p95. */
const ABOVE_P95 = 0.05

/**
 * How long each step will take if the change is good: the requests after which the expected log e-value reaches its
 * border. Events are taken to be rare, so that each belongs to the canary with probability s psi / (s psi + 1 - s).
 */
export function evidenceTimes(
  traffic: Traffic,
  plan: {
    readonly steps: readonly PlannedStep[]
    readonly objective: Objective
    readonly kind: DeploymentKind
  },
  settings: VerificationSettings,
): readonly StepTime[] {
  const { steps, objective, kind } = plan
  const canaryRatio =
    kind === 'fix' ? Math.min(traffic.errorRatio, objective.errorRatio * LEFT_BY_A_CURE) : traffic.errorRatio
  let seen = 0
  return steps.map(({ percent, soakMs, minCanaryRequests }) => {
    const share = percent / 100
    const needed =
      percent >= 100
        ? objectiveRequests(canaryRatio, objective.errorRatio, settings)
        : Math.max(0, comparisonRequests({ ...traffic, canaryRatio, share, kind }, settings) - seen)
    const requests = Math.max(needed, minCanaryRequests / share)
    const ms = Math.max(soakMs, (1000 * requests) / traffic.requestsPerSecond)
    seen += (ms / 1000) * traffic.requestsPerSecond
    return { percent, ms: Number.isFinite(ms) ? ms : null }
  })
}

/** "About 45 s of evidence at 10 %, 10 s at 50 %, 20 s at 100 %, at today's 120 requests/s." */
export function etaText(times: readonly StepTime[], traffic: Traffic): string {
  const rate = traffic.requestsPerSecond
  if (rate <= 0) return 'The service has no traffic now: no canary can be judged.'
  const parts = times.map(
    ({ percent, ms }) => `${ms === null ? 'no decision' : duration(ms)} at ${percent} %`,
  )
  return `About ${parts.join(', ')}, at today's ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} requests/s.`
}

interface Comparison extends Traffic {
  readonly canaryRatio: number
  readonly share: number
  readonly kind: DeploymentKind
}

/** Requests of both sides until "no harm" on every signal that must pass, and for a fix "cure". */
function comparisonRequests(traffic: Comparison, settings: VerificationSettings): number {
  const { share, canaryRatio, errorRatio, kind } = traffic
  const oddsRatio = errorRatio === 0 ? 1 : canaryRatio / errorRatio
  const eventRate = share * canaryRatio + (1 - share) * errorRatio
  const threshold = Math.log(1 / settings.beta) * settings.overDispersion
  const test = (odds: number, rate: number, border: number, alternatives: readonly number[]) =>
    eventsNeeded({ share, odds, border, alternatives, threshold }) / rate
  const { noHarmOddsRatio: psi1, minDifference } = settings.errors
  const withoutErrors = threshold / minDifference / share
  const noHarm = eventRate === 0 ? withoutErrors : test(oddsRatio, eventRate, psi1, [1, Math.sqrt(psi1)])
  const border = 1 / settings.cureFactor
  const cures = ALTERNATIVES.map((factor) => border / factor)
  const cure =
    kind === 'deploy'
      ? 0
      : eventRate === 0
        ? Number.POSITIVE_INFINITY
        : test(oddsRatio, eventRate, border, cures)
  const slow = settings.latency.noHarmOddsRatio
  const latency =
    traffic.latency && settings.mustPass.includes('latency_p95')
      ? test(1, ABOVE_P95, slow, [1, Math.sqrt(slow)])
      : 0
  return Math.max(noHarm, cure, latency)
}

/** Events until the mixture is expected to reach the threshold, by its best component. */
function eventsNeeded(test: {
  readonly share: number
  readonly odds: number
  readonly border: number
  readonly alternatives: readonly number[]
  readonly threshold: number
}): number {
  const { share, odds, border, alternatives, threshold } = test
  const canaryShare = (psi: number) => (share * psi) / (share * psi + 1 - share)
  const truth = canaryShare(odds)
  const at = canaryShare(border)
  const gains = alternatives.map((psi) => {
    const q = canaryShare(psi)
    return truth * Math.log(q / at) + (1 - truth) * Math.log((1 - q) / (1 - at))
  })
  const best = Math.max(...gains)
  return best > 0 ? (threshold + Math.log(alternatives.length)) / best : Number.POSITIVE_INFINITY
}

/** Requests until the error ratio is expected to be proved below the objective. */
function objectiveRequests(ratio: number, p0: number, settings: VerificationSettings): number {
  const threshold = Math.log(1 / settings.beta) * settings.overDispersion
  const gains = ALTERNATIVES.map((factor) => {
    const tilt = -Math.log(factor)
    return tilt * ratio - Math.log1p(p0 * Math.expm1(tilt))
  })
  const best = Math.max(...gains)
  return best > 0 ? (threshold + Math.log(ALTERNATIVES.length)) / best : Number.POSITIVE_INFINITY
}

function duration(ms: number): string {
  return ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`
}
