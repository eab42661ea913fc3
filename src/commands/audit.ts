import { auditRows, verifyAudit } from '../integrations/sqlite/audit-log.ts'
import { openForReading } from '../integrations/sqlite/open-database.ts'
import type { Write } from './write.ts'

/** `ccp audit verify`: walks the whole chain; 1 and the row's number where it does not hold. */
export function auditVerifyCommand(database: string, write: Write): number {
  const { db, close } = openForReading(database)
  try {
    const report = verifyAudit(db)
    write(JSON.stringify(report))
    return report.valid ? 0 : 1
  } finally {
    close()
  }
}

/** `ccp audit show`: the rows, one JSON line each, of one incident or of all. */
export function auditShowCommand(database: string, incidentId: string | null, write: Write): number {
  const { db, close } = openForReading(database)
  try {
    for (const row of auditRows(db)) {
      if (incidentId === null || row.incidentId === incidentId) write(JSON.stringify(row))
    }
    return 0
  } finally {
    close()
  }
}
