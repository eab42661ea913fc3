import { verifyAudit } from '../src/integrations/sqlite/audit-log.ts'
import { incidentRecords } from '../src/integrations/sqlite/incident-records.ts'
import { openForReading } from '../src/integrations/sqlite/open-database.ts'
import type { IncidentRecord } from '../src/pipeline/machine.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** What one run came to, read from the bot's own journal. */
export interface Outcome {
  readonly scenario: string
  readonly expected: string
  readonly outcome: string
  /** Work by stage folder. */
  readonly stages: Readonly<Record<string, number>>
  /** From the page to the end, without waiting for people and without waiting for evidence. */
  readonly pipelineMs: number
  /** Waiting for traffic to say something about the canary. */
  readonly evidenceMs: number
  readonly humanMs: number
  readonly audit: { readonly rows: number; readonly valid: boolean }
  readonly transcript: string
  /** Why this machine cannot run it; only of a scenario that was passed over. */
  readonly skipped?: string
}

/** Of a run that left no journal behind. */
export const NO_OUTCOME = {
  outcome: 'not-started',
  stages: {},
  pipelineMs: 0,
  evidenceMs: 0,
  humanMs: 0,
  audit: { rows: 0, valid: false },
} as const

/** The outcome, and why it stands where it does, in the bot's own words; empty where there is nothing to say. */
export function outcomeOf(
  scenario: Scenario,
  database: string,
  transcript: string,
): { readonly outcome: Outcome; readonly why: string } {
  const { db, close } = openForReading(database)
  try {
    const records = incidentRecords(db).records({ openOnly: false, limit: 20 }).toReversed()
    const { rows, valid } = verifyAudit(db)
    // Of several incidents the worst one counts, and the first one's times.
    const worst = records.find(({ state }) => state !== 'RESOLVED') ?? records[0]
    const [first] = records
    const outcome = worst === undefined ? 'no-incident' : worst.state.toLowerCase().replace('_', '-')
    const times = first === undefined ? NO_TIMES : timesOf(first)
    const { name, expected } = scenario
    const told = { scenario: name, expected, outcome, ...times, audit: { rows, valid }, transcript }
    return { outcome: told, why: worst === undefined ? 'no incident was opened' : whyOf(worst) }
  } finally {
    close()
  }
}

function whyOf({ handOver, trouble }: IncidentRecord): string {
  return [handOver?.reason, trouble?.message].filter((reason) => reason !== undefined).join('; ')
}

const NO_TIMES = { stages: {}, pipelineMs: 0, evidenceMs: 0, humanMs: 0 }

function timesOf(record: IncidentRecord) {
  const { incident, workMs, timeline } = record
  const openedMs = timeline[0]?.atMs ?? incident.detectedAtMs
  const tries = [
    ...record.attempts,
    { approval: record.approval, rollout: record.rollout, endedAtMs: record.stateSinceMs },
  ]
  const humanMs = sum(tries.map(askedFor))
  const rolloutMs = sum(
    tries.map(({ rollout, endedAtMs }) => (rollout === null ? 0 : endedAtMs - rollout.startedAtMs)),
  )
  const rolloutWorkMs = (workMs['verification'] ?? 0) + (workMs['deployment'] ?? 0)
  const evidenceMs = Math.max(0, rolloutMs - rolloutWorkMs)
  const wholeMs = record.stateSinceMs - incident.detectedAtMs
  const stages = { detection: openedMs - incident.detectedAtMs, ...workMs }
  return { stages, pipelineMs: wholeMs - humanMs - evidenceMs, evidenceMs, humanMs }
}

function askedFor({ approval }: Pick<IncidentRecord, 'approval'>): number {
  const last = approval?.votes.at(-1)
  return approval === null || last === undefined ? 0 : last.atMs - approval.requestedAtMs
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
