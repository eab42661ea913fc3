import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { incidentRecords } from '../../src/integrations/sqlite/incident-records.ts'
import { verifyAudit } from '../../src/integrations/sqlite/audit-log.ts'
import { openForReading } from '../../src/integrations/sqlite/open-database.ts'
import type { AuditRow, ChainReport } from '../../src/pipeline/audit/chain.ts'
import { auditRows } from '../../src/integrations/sqlite/audit-log.ts'
import type { IncidentRecord } from '../../src/pipeline/machine.ts'
import { startDemo, type Demo } from '../../demo/start-demo.ts'

export interface DemoRun {
  readonly demo: Demo
  readonly directory: string
  /** What the bot's journal holds now. */
  record(): IncidentRecord | null
  audit(): { readonly report: ChainReport; readonly rows: readonly AuditRow[] }
  close(): Promise<void>
}

/** The whole demo in a folder of its own, for a test. */
export async function startDemoRun(): Promise<DemoRun> {
  const directory = mkdtempSync(join(tmpdir(), 'ccp-demo-'))
  const demo = await startDemo({
    directory,
    port: 0,
    requestsPerSecond: 60,
    healthyMs: 10_000,
    unconfined: false,
    say: () => undefined,
  })
  const reading = <T>(read: (db: ReturnType<typeof openForReading>['db']) => T): T => {
    const { db, close } = openForReading(demo.database)
    try {
      return read(db)
    } finally {
      close()
    }
  }
  return {
    demo,
    directory,
    record: () => reading((db) => incidentRecords(db).records({ openOnly: false, limit: 1 })[0] ?? null),
    audit: () => reading((db) => ({ report: verifyAudit(db), rows: [...auditRows(db)] })),
    async close() {
      await demo.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Polls a condition that only another process can make true. */
export async function until(holds: () => boolean, timeoutMs: number, what: string): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > giveUpMs) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
