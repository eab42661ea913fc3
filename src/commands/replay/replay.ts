import { join } from 'node:path'
import { auditRows } from '../../integrations/sqlite/audit-log.ts'
import { incidentRecords } from '../../integrations/sqlite/incident-records.ts'
import { openForReading } from '../../integrations/sqlite/open-database.ts'
import type { AuditRow } from '../../pipeline/audit/chain.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import type { Write } from '../write.ts'
import { differences } from './differences.ts'
import { readRecording } from './read-recording.ts'
import { replayAnalysis, type StageRun } from './replay-analysis.ts'
import { firstTry, rolloutsOf } from './recorded-tries.ts'
import { replayRollout } from './replay-rollout.ts'
import { answerOf, STAGES, stoppedAt, type ReplayStage } from './stage-answers.ts'
import { worldWithoutEffects, type ReplaySettings, type ReplayWorld } from './without-effects.ts'

/** What a replay is configured by. */
export const REPLAY_SETTINGS = [
  'services',
  'access',
  'concurrency',
  'rca',
  'planning',
  'fixTemplates',
  'gates',
  'deployment',
  'verification',
] as const

export interface ReplayOptions {
  readonly incidentId: string
  readonly database: string
  /** CCP_DATA_DIR of the bot that recorded it. */
  readonly dataDirectory: string
  /** Whether the gates are run as well: they take seconds, and want a sandbox. */
  readonly gates: boolean
}

/** One line of the answer. */
interface Line {
  readonly stage: ReplayStage | 'verify'
  readonly recorded: object | null
  readonly replayed: object | null
  readonly differs: readonly string[]
  readonly ms: number
}

/**
 * `ccp replay`: runs a recorded incident again with the code and configuration of today, without effects, and prints one
 * JSON line for each stage. Answers the exit code: 0 nothing differs, 1 something does.
 * Throws CcpError `not-found` (no such incident, no recording) or `bad-input` (a recording that cannot be read).
 */
export async function replayCommand(
  options: ReplayOptions,
  settings: ReplaySettings,
  write: Write,
): Promise<number> {
  const { incidentId, database, dataDirectory } = options
  const { db, close } = openForReading(database)
  try {
    const whole = knownRecord(incidentRecords(db).record(incidentId), options)
    const record = firstTry(whole)
    const recording = await readRecording(join(dataDirectory, 'recordings'), incidentId)
    const world = worldWithoutEffects({ record, recording, settings, db, dataDirectory })
    const stages = stagesOf(record, options)
    const rows = [...auditRows(db)].filter((row) => row.incidentId === incidentId)
    try {
      const runs = await replayAnalysis(record, recording.incident, { stages, deps: world.deps })
      const lines = [...analysisLines(record, runs, stages, world), ...rolloutLines(whole, rows, world)]
      for (const { stage, recorded, replayed, differs, ms } of lines)
        write(JSON.stringify({ stage, same: differs.length === 0, recorded, replayed, differs, ms }))
      return lines.every(({ differs }) => differs.length === 0) ? 0 : 1
    } finally {
      await world.close()
    }
  } finally {
    close()
  }
}

function knownRecord(record: IncidentRecord | null, { incidentId, database }: ReplayOptions): IncidentRecord {
  if (record !== null) return record
  throw new CcpError('not-found', `the journal ${database} knows no incident ${incidentId}`, {
    mend: '`ccp incidents` lists what it knows; name another journal with --database or CCP_DATABASE',
  })
}

/** An incident that waited for the fix of another has a diagnosis of its own and nothing more. */
function stagesOf({ linkedTo }: IncidentRecord, { gates }: ReplayOptions): ReadonlySet<ReplayStage> {
  const all = Object.values(STAGES).filter((stage) => stage !== 'gates' || gates)
  return new Set(linkedTo === null ? all : ['diagnose'])
}

/** A line for each stage that the first try reached then or now. */
function analysisLines(
  record: IncidentRecord,
  runs: readonly StageRun[],
  stages: ReadonlySet<ReplayStage>,
  world: ReplayWorld,
): readonly Line[] {
  const stopped = stoppedAt(record)
  return [...stages].flatMap((stage) => {
    const run = runs.find((each) => each.stage === stage)
    const recorded = stopped?.stage === stage ? { stopped: stopped.why } : answerOf(stage, record)
    const replayed = run === undefined ? null : asRecorded(replayedAnswer(run), world)
    if (recorded === null && replayed === null) return []
    const differs = differences(recorded, replayed)
    const diff = stage === 'patch' && differs.length > 0 ? run?.record.patch?.diff : undefined
    const shown = diff === undefined ? replayed : { ...replayed, diff }
    return [{ stage, recorded, replayed: shown, differs, ms: run?.ms ?? 0 }]
  })
}

function replayedAnswer({ stage, record, stopped }: StageRun): object | null {
  return stopped === null ? answerOf(stage, record) : { stopped }
}

function asRecorded(answer: object | null, world: ReplayWorld): object | null {
  return JSON.parse(world.asRecorded(JSON.stringify(answer))) as object | null
}

/** A line for each rollout of the incident: a try that failed may have been followed by another. */
function rolloutLines(
  record: IncidentRecord,
  rows: readonly AuditRow[],
  { deps }: ReplayWorld,
): readonly Line[] {
  return rolloutsOf(record).flatMap((rollout) => {
    const startedMs = performance.now()
    const replayed = replayRollout(record, rollout, rows, deps)
    const ms = Math.round(performance.now() - startedMs)
    return replayed === null ? [] : [{ stage: 'verify' as const, ...replayed, ms }]
  })
}
