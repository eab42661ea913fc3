import type { Block, CureSignal, Rollout, Verdict } from '../contracts.ts'
import { warmUpMs } from './blocks.ts'
import { stepAt, type DeploymentSettings } from './settings.ts'

/*
 * N1  Harm, or a canary that is not healthy, goes back at once, whatever else is known.
 * N2  The deadline always fires: without data, without traffic, with a wrong split.
 * N3  Without fresh data the weight is frozen: no step forward on the evidence of earlier blocks.
 * N4  Forward only on a pass, soaked, with requests answered at the present weight.
 */
export interface NextStep {
  readonly kind: 'advance' | 'wait' | 'hold' | 'rollBack'
  readonly reason: string
}

/** What the rollout does after a look: `wait` gathers evidence, `hold` says that something stands in the way. */
export function nextStep(
  rollout: Rollout,
  verdict: Verdict,
  settings: DeploymentSettings,
  nowMs: number,
): NextStep {
  if (verdict.decision === 'fail') return { kind: 'rollBack', reason: verdict.reason } // N1
  if (rollout.health !== null && !rollout.health.healthy) {
    return { kind: 'rollBack', reason: `The canary is not healthy: ${rollout.health.detail}` } // N1
  }
  if (nowMs >= rollout.deadlineMs) return { kind: 'rollBack', reason: outOfTime(rollout, verdict, nowMs) } // N2
  const obstacle = obstacleTo(rollout, verdict, settings, nowMs)
  if (obstacle !== null) return { kind: 'hold', reason: obstacle } // N3
  if (verdict.decision === 'pass') return whenProved(rollout, verdict, settings, nowMs)
  if (nowMs >= rollout.deadlineMs - settings.noticeMs) {
    return { kind: 'hold', reason: `${verdict.reason} ${notice(rollout, nowMs)}` }
  }
  return { kind: 'wait', reason: verdict.reason }
}

function whenProved(
  rollout: Rollout,
  verdict: Verdict,
  settings: DeploymentSettings,
  nowMs: number,
): NextStep {
  const step = stepAt(rollout.weightPercent, settings)
  const requests = blocksOfPhase(rollout).reduce((sum, block) => sum + block.canary.requests, 0)
  const soakLeftMs = rollout.phaseSinceMs + step.soakMs - nowMs
  if (requests < step.minCanaryRequests) {
    const reason = `${verdict.reason} Waiting for requests at ${rollout.weightPercent} %: ${requests} of ${step.minCanaryRequests}.`
    return { kind: 'wait', reason }
  }
  if (soakLeftMs > 0) {
    return { kind: 'wait', reason: `${verdict.reason} Soaking for another ${seconds(soakLeftMs)}.` }
  }
  return { kind: 'advance', reason: verdict.reason } // N4
}

function obstacleTo(
  rollout: Rollout,
  verdict: Verdict,
  settings: DeploymentSettings,
  nowMs: number,
): string | null {
  const frozen = `The weight stays at ${rollout.weightPercent} %`
  if (rollout.unreadable > 0) return `${verdict.reason} ${frozen}. ${notice(rollout, nowMs)}`
  if (!verdict.trafficSplitOk) return `${verdict.reason} ${frozen}. ${notice(rollout, nowMs)}`
  const newest = blocksOfPhase(rollout).at(-1)
  const sinceMs = nowMs - (newest?.toMs ?? rollout.phaseSinceMs + warmUpMs(rollout, settings))
  if (sinceMs > settings.staleAfterMs) {
    return `Nothing has been measured for ${seconds(sinceMs)}. ${frozen}. ${notice(rollout, nowMs)}`
  }
  if (newest !== undefined && newest.canary.requests === 0) {
    return `The canary got no traffic in the last ${seconds(newest.toMs - newest.fromMs)}. ${frozen}. ${notice(rollout, nowMs)}`
  }
  return null
}

function outOfTime(rollout: Rollout, verdict: Verdict, nowMs: number): string {
  const waited = `after ${seconds(nowMs - rollout.phaseSinceMs)} at ${rollout.weightPercent} %`
  const useless = verdict.noHarm && verdict.cured === false && rollout.weightPercent < 100
  return useless
    ? `No use ${waited}: nothing got worse, but ${uncured(rollout, verdict)} did not fall either. ${verdict.reason}`
    : `Unverified ${waited}. ${verdict.reason}`
}

const CURED: Readonly<Record<CureSignal, string>> = {
  error_ratio: 'the errors',
  slow_ratio: 'the slow answers',
  growth: 'the growth of what it uses',
}

/** Of several signals those that are not proved; each by the p-value at its level. */
function uncured({ cures = ['error_ratio'] }: Rollout, { signals }: Verdict): string {
  const isProved = (cure: CureSignal): boolean =>
    signals.some(({ signal, pCure, level }) => signal === cure && pCure !== null && pCure <= 1 - level)
  const open = cures.filter((cure) => !isProved(cure))
  return (open.length === 0 ? cures : open).map((signal) => CURED[signal]).join(' and ')
}

function notice(rollout: Rollout, nowMs: number): string {
  return `It goes back as unverified in ${seconds(rollout.deadlineMs - nowMs)} unless that changes or a person decides.`
}

function blocksOfPhase(rollout: Rollout): readonly Block[] {
  return rollout.blocks.filter(
    (block) => block.weightPercent === rollout.weightPercent && block.toMs > rollout.phaseSinceMs,
  )
}

function seconds(ms: number): string {
  return ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`
}
