import { incidentRecords } from '../integrations/sqlite/incident-records.ts'
import { openForReading } from '../integrations/sqlite/open-database.ts'
import type { IncidentRecord } from '../pipeline/machine.ts'
import type { Write } from './write.ts'

/** `ccp incidents`: one JSON line for each, newest first; with an id the whole record, or `found: false` and 1. */
export function incidentsCommand(
  query: {
    readonly database: string
    readonly incidentId: string | null
    readonly openOnly: boolean
    readonly limit: number
  },
  write: Write,
): number {
  const { db, close } = openForReading(query.database)
  try {
    const journal = incidentRecords(db)
    if (query.incidentId === null) {
      for (const record of journal.records(query)) write(JSON.stringify(summary(record)))
      return 0
    }
    const record = journal.record(query.incidentId)
    write(JSON.stringify(record ?? { incidentId: query.incidentId, found: false }))
    return record === null ? 1 : 0
  } finally {
    close()
  }
}

function summary(record: IncidentRecord): object {
  const { incident, state, stateSinceMs, rollout, handOver, diagnosis } = record
  return {
    incidentId: incident.incidentId,
    title: incident.title,
    service: incident.service,
    state,
    phase: rollout?.phase ?? null,
    since: new Date(stateSinceMs).toISOString(),
    cause: diagnosis?.hypotheses[0]?.service ?? null,
    handedOver: handOver?.reason ?? null,
    paused: record.paused !== null,
  }
}
