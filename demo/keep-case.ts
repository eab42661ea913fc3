import { basename, dirname, join } from 'node:path'
import { exportCase, type CaseAnswer } from '../src/commands/replay/export-case.ts'
import { readRecording } from '../src/commands/replay/read-recording.ts'
import { incidentRecords } from '../src/integrations/sqlite/incident-records.ts'
import { openForReading } from '../src/integrations/sqlite/open-database.ts'
import type { Scenario } from './scenarios/scenario.ts'

/**
 * Keeps what the diagnosis of a scenario's first incident saw, beside what the scenario knows of its cause, in the folder
 * `cases` of the whole run, which `npm run bench:rca -- --recorded` reads. Ids tell runs apart, so that the cases of several
 * can be put together.
 */
export async function keepCase(scenario: Scenario, database: string, directory: string): Promise<void> {
  const incidentId = firstIncident(database)
  if (scenario.cause === undefined || incidentId === undefined) return
  const { incidentCase } = await readRecording(join(directory, 'data', 'recordings'), incidentId)
  const run = dirname(directory)
  const id = `${basename(run)}-${basename(directory)}`
  const named = { ...incidentCase, id, dataset: 'sample-shop', system: 'shop' }
  exportCase(named, answerOf(scenario.name, scenario.cause), join(run, 'cases'))
}

function firstIncident(database: string): string | undefined {
  const { db, close } = openForReading(database)
  try {
    return incidentRecords(db).records({ openOnly: false, limit: 20 }).at(-1)?.incident.incidentId
  } finally {
    close()
  }
}

function answerOf(fault: string, service: string | null): CaseAnswer {
  return service === null ? { service, fault: 'none', negative: true } : { service, fault }
}
