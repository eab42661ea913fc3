import { z } from 'zod'
import type { AuditRow } from '../../pipeline/audit/chain.ts'
import type { Rollout } from '../../pipeline/contracts.ts'

/** One look at the canary as the audit chain tells it, and the rollout as it stood then. */
export interface RecordedLook {
  readonly atMs: number
  readonly step: string
  readonly decision: string
  readonly rollout: Rollout
}

const canaryReady = z.object({ canaryVersion: z.string() })
const weightSet = z.object({ percent: z.number() })
const observed = z.object({
  step: z.string(),
  decision: z.string(),
  unreadable: z.number().default(0),
  healthy: z.boolean().nullable().default(null),
  measuredToMs: z.number().nullable().optional(),
})

/** The looks at that canary, oldest first. `deadlineMs` says how long a step at a weight may take. */
export function recordedLooks(
  rows: readonly AuditRow[],
  rollout: Rollout,
  deadlineMs: (weightPercent: number) => number,
): readonly RecordedLook[] {
  let phase = { weightPercent: 0, phaseSinceMs: rollout.startedAtMs }
  const looks: RecordedLook[] = []
  for (const { action, details, atMs } of rowsOf(rollout, rows)) {
    if (action === 'weightSet') {
      phase = { weightPercent: weightSet.parse(JSON.parse(details)).percent, phaseSinceMs: atMs }
    } else if (action === 'observed') {
      const { step, decision, unreadable, healthy, measuredToMs } = observed.parse(JSON.parse(details))
      const health = healthy === null ? null : { healthy, detail: 'as it was recorded' }
      const deadline = phase.phaseSinceMs + deadlineMs(phase.weightPercent)
      // Rows of before it was written tell the time of the look at least.
      const blocks = blocksUntil(rollout, measuredToMs === undefined ? atMs : (measuredToMs ?? 0))
      const then = { ...phase, unreadable, health, deadlineMs: deadline, blocks }
      const name = phase.weightPercent < 100 ? ('HEALTH_CHECK' as const) : ('VERIFICATION' as const)
      looks.push({
        atMs,
        step,
        decision,
        rollout: { ...rollout, ...then, phase: name, rollbackReason: null },
      })
    }
  }
  return looks
}

/** From the start of its canary to the start of the next. */
function rowsOf({ canaryVersion }: Rollout, rows: readonly AuditRow[]): readonly AuditRow[] {
  const isStart = ({ action }: AuditRow): boolean => action === 'canaryReady'
  const begun = rows.findLastIndex(
    (row) => isStart(row) && canaryReady.parse(JSON.parse(row.details)).canaryVersion === canaryVersion,
  )
  if (begun === -1) return []
  const after = rows.slice(begun + 1)
  const end = after.findIndex(isStart)
  return end === -1 ? after : after.slice(0, end)
}

/** The blocks that a look had: by the time of its row one more may have been measured. */
function blocksUntil({ blocks }: Rollout, measuredToMs: number): Rollout['blocks'] {
  return blocks.filter(({ toMs }) => toMs <= measuredToMs)
}
