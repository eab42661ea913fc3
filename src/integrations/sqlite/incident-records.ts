import type Database from 'better-sqlite3'
import { CcpError } from '../../pipeline/errors.ts'
import { MACHINE_VERSION, type IncidentRecord } from '../../pipeline/machine.ts'
import type { Journal } from '../../pipeline/ports.ts'

/** The snapshots of all incidents, to be read by the writer and by anybody beside it. */
export function incidentRecords(db: Database.Database): Pick<Journal, 'record' | 'records'> {
  const one = db.prepare<[string], { snapshot: string }>('SELECT snapshot FROM incidents WHERE id = ?')
  const list = db.prepare<[number, number], { id: string; snapshot: string }>(
    'SELECT id, snapshot FROM incidents WHERE open >= ? ORDER BY opened_ms DESC, id DESC LIMIT ?',
  )
  return {
    record(incidentId) {
      const row = one.get(incidentId)
      return row === undefined ? null : parseSnapshot(row.snapshot, incidentId)
    },
    records({ openOnly, limit }) {
      return list.all(openOnly ? 1 : 0, limit).map((row) => parseSnapshot(row.snapshot, row.id))
    },
  }
}

function parseSnapshot(text: string, incidentId: string): IncidentRecord {
  const record = JSON.parse(text) as IncidentRecord
  if (record.machineVersion > MACHINE_VERSION) {
    throw new CcpError('bad-config', `incident ${incidentId} was written by a newer version of the machine`, {
      mend: 'run the newer version',
    })
  }
  return record
}
