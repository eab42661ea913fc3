import type Database from 'better-sqlite3'
import type { FixStrategy } from '../../pipeline/contracts.ts'
import { fateOf, outcomesOf, type Fates, type FixFate } from '../../pipeline/fix-fate.ts'
import type { IncidentRecord, MachineEvent } from '../../pipeline/machine.ts'
import type { OutcomeHistory } from '../../pipeline/planning/ports.ts'

interface CountedFate {
  readonly strategy: FixStrategy
  readonly templateId: string | null
  readonly fate: FixFate
  readonly times: number
}

/** One kind of fix, and how often it met each fate. */
export interface KindOfFix {
  readonly strategy: FixStrategy
  readonly templateId: string | null
  readonly fates: Fates
}

/**
 * What became of the fixes proposed so far: the evidence by which the next plan weighs its candidates. With `beforeMs` as it
 * was known at that time.
 */
export function createOutcomeHistory(
  db: Database.Database,
  { beforeMs = Number.MAX_SAFE_INTEGER }: { readonly beforeMs?: number } = {},
): OutcomeHistory {
  const count = db.prepare<[string, string | null, number], CountedFate>(
    `SELECT strategy, template_id AS templateId, fate, count(*) AS times FROM fix_outcomes
     WHERE strategy = ? AND template_id IS ? AND at_ms < ? GROUP BY fate`,
  )
  return {
    outcomesOf: async ({ strategy, templateId }) =>
      outcomesOf(asFates(count.all(strategy, templateId, beforeMs))),
  }
}

/** Every kind of fix that was ever proposed, in a fixed order. */
export function kindsOfFix(db: Database.Database): readonly KindOfFix[] {
  const rows = db
    .prepare<[], CountedFate>(
      `SELECT strategy, template_id AS templateId, fate, count(*) AS times FROM fix_outcomes
       GROUP BY strategy, template_id, fate ORDER BY strategy, template_id, fate`,
    )
    .all()
  const kinds = Map.groupBy(rows, ({ strategy, templateId }) => `${strategy}\n${templateId ?? ''}`)
  return [...kinds.values()].flatMap((own) => {
    const [first] = own
    return first === undefined
      ? []
      : [{ strategy: first.strategy, templateId: first.templateId, fates: asFates(own) }]
  })
}

function asFates(rows: readonly CountedFate[]): Fates {
  return Object.fromEntries(rows.map(({ fate, times }) => [fate, times]))
}

/** Keeps a fix's fate in the transaction of the event that brought it. */
export function recordOutcome(
  db: Database.Database,
  change: { readonly before: IncidentRecord | null; readonly event: MachineEvent; readonly atMs: number },
): void {
  const { before, event, atMs } = change
  const found = before === null ? null : fateOf(before, event)
  if (before === null || found === null) return
  const { candidate, fate } = found
  const templateId = candidate.recipe?.kind === 'template' ? candidate.recipe.templateId : null
  db.prepare(
    'INSERT OR IGNORE INTO fix_outcomes (incident_id, candidate_id, fate, strategy, template_id, at_ms) VALUES (?,?,?,?,?,?)',
  ).run(before.incident.incidentId, candidate.candidateId, fate, candidate.strategy, templateId, atMs)
}
