import type { Rollout, SignalVerdict, Verdict } from '../../pipeline/contracts.ts'
import { isObjective } from './cured-signals.ts'

/**
 * When the evidence will have come together if it goes on coming as it has: each open question's ln E grows about
 * linearly in the number of requests, and is enough at ln(1 / (1 - level)). Null where it does not grow, where too
 * little has been seen (two blocks), or where nothing is open.
 */
export function evidenceReadyMs(rollout: Rollout, verdict: Verdict): number | null {
  const blocks = rollout.blocks.filter((block) => block.weightPercent === rollout.weightPercent)
  const first = rollout.weightPercent >= 100 ? blocks[0] : rollout.blocks[0]
  const last = blocks.at(-1)
  if (first === undefined || last === undefined || blocks.length < 2) return null
  const elapsedMs = last.toMs - first.fromMs
  const waits = openLogs(rollout, verdict).map(({ have, need }) =>
    have <= 0 ? null : ((need - have) / have) * elapsedMs,
  )
  if (waits.length === 0 || waits.includes(null)) return null
  const longest = Math.max(...waits.map((wait) => wait ?? 0))
  return longest > HORIZON_MS ? null : last.toMs + longest
}

/** Beyond an hour an extrapolation says nothing. */
const HORIZON_MS = 3_600_000

function openLogs(rollout: Rollout, verdict: Verdict): readonly { have: number; need: number }[] {
  const alone = rollout.weightPercent >= 100
  return verdict.signals
    .filter((signal) => isObjective(signal) === alone)
    .flatMap((signal) =>
      logsOf(signal, alone || signal.signal === 'error_ratio' || signal.signal === 'latency_p95'),
    )
    .filter(({ have, need }) => have < need)
}

function logsOf(signal: SignalVerdict, mustPass: boolean): readonly { have: number; need: number }[] {
  const need = -Math.log(1 - signal.level)
  const noHarm = mustPass ? [{ have: signal.logENoHarm, need }] : []
  return signal.logECure === null ? noHarm : [...noHarm, { have: signal.logECure, need }]
}
