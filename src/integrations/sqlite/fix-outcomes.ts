import type Database from 'better-sqlite3'
import type { IncidentRecord, MachineEvent } from '../../pipeline/machine.ts'
import type { OutcomeHistory } from '../../pipeline/planning/ports.ts'

/** What became of the fixes that were deployed: the evidence by which the next plan weighs its candidates. */
export function createOutcomeHistory(db: Database.Database): OutcomeHistory {
  const count = db.prepare<[string, string | null], { worked: number; failed: number }>(
    `SELECT coalesce(sum(worked), 0) AS worked, count(*) - coalesce(sum(worked), 0) AS failed
     FROM fix_outcomes WHERE strategy = ? AND template_id IS ?`,
  )
  return {
    outcomesOf: async ({ strategy, templateId }) =>
      count.get(strategy, templateId) ?? { worked: 0, failed: 0 },
  }
}

/** Keeps the outcome of a rollout in the transaction that ends it. */
export function recordOutcome(
  db: Database.Database,
  change: { readonly before: IncidentRecord | null; readonly event: MachineEvent; readonly atMs: number },
): void {
  const { before, event, atMs } = change
  if (before === null || before.rollout === null) return
  if (event.kind !== 'rolloutFinished' && event.kind !== 'rolledBack') return
  const chosen = before.plan?.candidates.find(({ candidateId }) => candidateId === before.plan?.chosenId)
  if (chosen === undefined) return
  const templateId = chosen.recipe?.kind === 'template' ? chosen.recipe.templateId : null
  const worked = event.kind === 'rolloutFinished' ? 1 : 0
  db.prepare('INSERT INTO fix_outcomes VALUES (?,?,?,?,?,?)').run(
    before.incident.incidentId,
    before.version,
    chosen.strategy,
    templateId,
    worked,
    atMs,
  )
}
