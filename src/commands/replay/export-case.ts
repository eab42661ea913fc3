import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { incidentRecords } from '../../integrations/sqlite/incident-records.ts'
import { openForReading } from '../../integrations/sqlite/open-database.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { IncidentCase } from '../../pipeline/signals/telemetry.ts'
import type { Write } from '../write.ts'
import { readRecording } from './read-recording.ts'

/** What was really at fault, as `answers.json` holds it beside the cases. */
export type CaseAnswer =
  | { readonly service: string; readonly fault: string; readonly change?: string }
  /** Nothing was, or nobody could know: the right answer is to abstain. */
  | { readonly service: null; readonly fault: 'none'; readonly negative: true }

export interface ExportOptions {
  readonly incidentId: string
  readonly database: string
  readonly dataDirectory: string
  /** A folder of cases with `index.json` and `answers.json`; made where it is not there. */
  readonly directory: string
  /** What a person says of the cause; null: what the verified fix proved. */
  readonly answer: CaseAnswer | null
}

/**
 * `ccp replay ID --export DIR`: the recorded case as a file of its own, with its answer where it is known. A fix that was
 * verified in production proves where the fault was; else a person has to say. Answers the exit code 0.
 */
export async function exportCommand(options: ExportOptions, write: Write): Promise<number> {
  const { incidentId, database, dataDirectory, directory } = options
  const record = readRecord(database, incidentId)
  const { incidentCase } = await readRecording(join(dataDirectory, 'recordings'), incidentId)
  const answer = options.answer ?? provedBy(record)
  const file = exportCase({ ...incidentCase, dataset: 'recorded' }, answer, directory)
  const lacks = 'nothing proved the cause: name it with --cause, or --false-alarm, to have the case scored'
  write(JSON.stringify({ id: incidentId, file, answer, ...(answer === null ? { lacks } : {}) }))
  return 0
}

function readRecord(database: string, incidentId: string): IncidentRecord {
  const { db, close } = openForReading(database)
  try {
    const record = incidentRecords(db).record(incidentId)
    if (record !== null) return record
    throw new CcpError('not-found', `the journal ${database} knows no incident ${incidentId}`, {
      mend: '`ccp incidents` lists what it knows',
    })
  } finally {
    close()
  }
}

const TAKES_BACK: readonly string[] = ['revert-commit', 'roll-back-deploy', 'config-change']

/** The service whose fix cured, and the change where taking it back did; null where no fix was verified. */
export function provedBy({ state, patch, diagnosis, location }: IncidentRecord): CaseAnswer | null {
  if (state !== 'RESOLVED' || patch === null) return null
  const change = diagnosis?.hypotheses[0]?.change
  const proved = TAKES_BACK.includes(patch.strategy) && change?.service === patch.service
  const fault = location?.exception?.type ?? diagnosis?.fault?.kind ?? 'unknown'
  return { service: patch.service, fault, ...(proved && change !== null ? { change: change?.id } : {}) }
}

/** Writes the case into the folder and into its index; the one of the same id is replaced. Answers the file. */
export function exportCase(incidentCase: IncidentCase, answer: CaseAnswer | null, directory: string): string {
  mkdirSync(directory, { recursive: true })
  const { id, dataset = 'recorded', system, metrics, logs, spans } = incidentCase
  const name = encodeURIComponent(id)
  const packed = gzipSync(JSON.stringify(incidentCase))
  const file = join(directory, `${name}.json.gz`)
  writeFileSync(file, packed)
  const counts = { bytes: packed.length, metrics: metrics.length, logs: logs.length, spans: spans.length }
  enter(join(directory, 'index.json'), name, { dataset, system, ...counts })
  enter(join(directory, 'answers.json'), name, answer)
  return file
}

/** One entry of a JSON map in a file; null takes it out. */
function enter(file: string, name: string, value: object | null): void {
  const { [name]: _old, ...others } = readMap(file)
  const map = value === null ? others : { ...others, [name]: value }
  writeFileSync(file, `${JSON.stringify(map, null, 1)}\n`)
}

function readMap(file: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new CcpError('bad-input', `${file} is no map of cases: ${(thrown as Error).message}`, {
      mend: 'name an empty folder, or one that holds exported cases',
      cause: thrown,
    })
  }
}
