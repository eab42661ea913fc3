import type { AuditRow } from '../../pipeline/audit/chain.ts'
import { nextStep } from '../../pipeline/deployment/next-step.ts'
import { stepAt } from '../../pipeline/deployment/settings.ts'
import { rolloutDeps, type RolloutPorts } from '../../pipeline/execute-rollout.ts'
import type { Rollout } from '../../pipeline/contracts.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { recordedLooks, type RecordedLook } from './recorded-looks.ts'

export interface RolloutReplay {
  readonly recorded: RolloutAnswer
  readonly replayed: RolloutAnswer
  /** Each look that would have ended otherwise; empty where none would. */
  readonly differs: readonly string[]
}

interface RolloutAnswer {
  readonly canary: string
  readonly looks: number
  /** "wait x4, advance, wait x2, advance". */
  readonly steps: string
  readonly decision: string | null
}

/** A look's row is written a moment after it was made. */
const ROW_LATENCY_MS = 50
/** Looks that are told apart in words. */
const MOST = 5

/**
 * Judges the canary again, look by look, on the blocks that were measured: each look has the weight, the time and the blocks
 * that it had then, whatever the looks before it would have done today. Null where it was never looked at.
 */
export function replayRollout(
  record: IncidentRecord,
  rollout: Rollout,
  rows: readonly AuditRow[],
  ports: RolloutPorts,
): RolloutReplay | null {
  const looks = recordedLooks(rows, rollout, (weight) => stepAt(weight, ports.deployment).deadlineMs)
  if (looks.length === 0) return null
  const isLasting = record.mitigated !== null && record.mitigated.atMs <= rollout.startedAtMs
  const then = { ...record, rollout, mitigated: isLasting ? record.mitigated : null }
  const replayed = looks.map((look) => lookAgain(look, then, ports))
  const differs = looks.flatMap((look, at) => differenceOf(look, replayed[at], at + 1))
  const answer = (all: Parameters<typeof answerOf>[0]) => ({
    canary: rollout.canaryVersion,
    ...answerOf(all),
  })
  return { recorded: answer(looks), replayed: answer(replayed), differs: shortened(differs) }
}

function shortened(differs: readonly string[]): readonly string[] {
  return differs.length <= MOST
    ? differs
    : [...differs.slice(0, MOST), `... and ${differs.length - MOST} looks more`]
}

interface Judged {
  readonly step: string
  readonly decision: string
  readonly reason: string
}

function lookAgain(look: RecordedLook, record: IncidentRecord, ports: RolloutPorts): Judged {
  const { judge } = rolloutDeps(record, ports)
  const verdict = judge(look.rollout)
  const at = (ms: number) => nextStep(look.rollout, verdict, ports.deployment, ms)
  const [late, early] = [at(look.atMs), at(look.atMs - ROW_LATENCY_MS)]
  const { kind, reason } = early.kind === look.step ? early : late
  return { step: kind, decision: verdict.decision, reason }
}

function differenceOf(look: RecordedLook, now: Judged | undefined, number: number): readonly string[] {
  if (now === undefined || (now.step === look.step && now.decision === look.decision)) return []
  const { weightPercent, phaseSinceMs } = look.rollout
  const when = `look ${number}, ${((look.atMs - phaseSinceMs) / 1000).toFixed(1)} s at ${weightPercent} %`
  return [`${when}: ${look.decision}, ${look.step} -> ${now.decision}, ${now.step} (${now.reason})`]
}

function answerOf(
  looks: readonly { readonly step: string; readonly decision: string }[],
): Omit<RolloutAnswer, 'canary'> {
  return {
    looks: looks.length,
    steps: runsOf(looks.map(({ step }) => step)).join(', '),
    decision: looks.at(-1)?.decision ?? null,
  }
}

function runsOf(steps: readonly string[]): readonly string[] {
  const runs: { step: string; times: number }[] = []
  for (const step of steps) {
    const last = runs.at(-1)
    if (last?.step === step) last.times += 1
    else runs.push({ step, times: 1 })
  }
  return runs.map(({ step, times }) => (times === 1 ? step : `${step} x${times}`))
}
