import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createJournal } from '../../src/integrations/sqlite/journal.ts'
import { openDatabase } from '../../src/integrations/sqlite/open-database.ts'
import type { MachineEvent } from '../../src/pipeline/machine.ts'
import type { Actor } from '../../src/pipeline/contracts.ts'
import type { Journal, SubmitResult } from '../../src/pipeline/ports.ts'

export const LEASE_MS = 60_000

export interface TemporaryJournal {
  readonly journal: Journal
  /** The actions of the audit chain, oldest first. */
  actions(): readonly string[]
  /** Submits the events as the machine's own, each under an id of its own. */
  tell(...events: readonly MachineEvent[]): SubmitResult | null
}

/** The real journal in a folder that goes with the test. */
export function temporaryJournal(incidentId: string, atMs = 1_000, leaseMs = LEASE_MS): TemporaryJournal {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-pipeline-'))
  const { db, close } = openDatabase(join(folder, 'journal.sqlite'))
  onTestFinished(() => {
    close()
    rmSync(folder, { recursive: true, force: true })
  })
  const timing = { observeEveryMs: 1_000, lockRetryMs: 1_000 }
  const journal = createJournal(db, { timing, leaseMs })
  const actor: Actor = { kind: 'machine', part: 'test' }
  let count = 0
  return {
    journal,
    actions: () =>
      (db.prepare('SELECT action FROM audit ORDER BY seq').all() as { action: string }[]).map(
        (r) => r.action,
      ),
    tell(...events) {
      let last: SubmitResult | null = null
      for (const event of events) {
        count += 1
        last = journal.submit({ eventId: `test:${count}`, incidentId, event, actor, atMs })
      }
      return last
    },
  }
}
