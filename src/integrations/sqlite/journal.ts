import type Database from 'better-sqlite3'
import { auditDetails } from '../../pipeline/audit/audit-details.ts'
import { CcpError } from '../../pipeline/errors.ts'
import { type CommandKind, type IncidentRecord, type MachineEvent } from '../../pipeline/machine.ts'
import { lane, next, runsWhilePaused, type DueCommand, type MachineTiming } from '../../pipeline/next.ts'
import type { ClaimedCommand, Journal, Submission, SubmitResult } from '../../pipeline/ports.ts'
import { createAuditLog } from './audit-log.ts'
import { recordOutcome } from './fix-outcomes.ts'
import { incidentRecords } from './incident-records.ts'

/**
 * J1  One transaction holds the inbox row, the new snapshot, the audit row and the outbox commands.
 * J2  The snapshot moves by compare-and-swap on its version.
 * J3  An event id is taken once.
 * J4  A claim raises the epoch; only the newest epoch may renew, postpone or finish.
 * J5  An incident has at most one command in flight in a lane.
 */
export interface JournalOptions {
  readonly timing: MachineTiming
  /** How long a claim lives without being renewed. */
  readonly leaseMs: number
}

interface OutboxRow {
  id: number
  command_id: string
  incident_id: string
  kind: CommandKind
  epoch: number
  attempt: number
  status: 'pending' | 'claimed'
}

const CLOSED_STATES = ['RESOLVED', 'CLOSED']

export function createJournal(db: Database.Database, options: JournalOptions): Journal {
  const audit = createAuditLog(db)
  const listeners = new Set<(incidentId: string) => void>()
  const sql = prepareStatements(db)

  const { record: read, records } = incidentRecords(db)

  function apply(submission: Omit<Submission, 'eventId'>, workMs: number | null): SubmitResult {
    const { incidentId, event, actor, atMs } = submission
    const before = read(incidentId)
    const after = next(before, { event, actor, atMs }, options.timing)
    if (after === null) return { kind: 'ignored', record: before, why: 'no-row' }
    const record = workMs === null ? after.record : addWork(after.record, event, workMs)
    store(before, record, atMs)
    audit.append({ atMs, incidentId, actor, action: event.kind, details: detailsOf(event, before, record) })
    for (const command of after.commands) enqueue(record, command)
    recordOutcome(db, { before, event, atMs })
    return { kind: 'applied', record }
  }

  function store(before: IncidentRecord | null, record: IncidentRecord, atMs: number): void {
    const { incidentId } = record.incident
    const open = CLOSED_STATES.includes(record.state) ? 0 : 1
    const text = JSON.stringify(record)
    if (before === null) {
      sql.insert.run(incidentId, record.version, record.machineVersion, record.state, open, text, atMs, atMs)
      return
    }
    const done = sql.update.run(record.version, record.state, open, text, atMs, incidentId, before.version)
    if (done.changes !== 1)
      throw new CcpError('conflict', `incident ${incidentId} moved meanwhile`, { retryable: true }) // J2
  }

  function enqueue(record: IncidentRecord, command: DueCommand): void {
    const { incidentId } = record.incident
    const commandId = `${incidentId}/${record.version}/${command.kind}`
    sql.enqueue.run(commandId, incidentId, command.kind, lane(command.kind), command.dueMs)
  }

  function fence(command: ClaimedCommand): void {
    const row = sql.claimOf.get(command.commandId)
    if (row === undefined || row.status !== 'claimed' || row.epoch !== command.epoch) {
      throw new CcpError('stale-epoch', `${command.commandId} was taken over by a newer claim`) // J4
    }
  }

  const submit = db.transaction((submission: Submission): SubmitResult => {
    const { eventId, incidentId, atMs } = submission
    if (sql.takeEvent.run(eventId, incidentId, atMs).changes === 0) {
      return { kind: 'ignored', record: read(incidentId), why: 'duplicate' } // J3
    }
    return apply(submission, null) // J1
  })

  const claim = db.transaction((inLane: 'work' | 'notify', nowMs: number): ClaimedCommand | null => {
    for (const row of sql.claimable.all({ lane: inLane, nowMs })) {
      const record = read(row.incident_id)
      if (record === null) continue
      if (record.paused !== null && !runsWhilePaused(row.kind, record)) continue
      sql.claim.run(nowMs + options.leaseMs, row.id)
      return {
        commandId: row.command_id,
        incidentId: row.incident_id,
        kind: row.kind,
        epoch: row.epoch + 1,
        attempt: row.attempt + 1,
        interrupted: row.status === 'claimed',
        record,
      }
    }
    return null
  })

  const finish = db.transaction(
    (command: ClaimedCommand, event: MachineEvent | null, facts: { atMs: number; workMs: number }) => {
      fence(command)
      sql.done.run(command.commandId)
      if (event === null) return null
      const actor = { kind: 'machine', part: command.kind } as const
      return apply({ incidentId: command.incidentId, event, actor, atMs: facts.atMs }, facts.workMs)
    },
  )

  const postpone = db.transaction(
    (command: ClaimedCommand, dueMs: number, event: MachineEvent | null, atMs: number) => {
      fence(command)
      sql.postpone.run(dueMs, command.commandId)
      if (event === null) return
      apply(
        {
          incidentId: command.incidentId,
          event,
          actor: { kind: 'machine', part: command.kind },
          atMs,
        },
        null,
      )
    },
  )

  function announce(incidentId: string): void {
    for (const listener of listeners) listener(incidentId)
  }

  return {
    submit(submission) {
      const result = submit.immediate(submission)
      if (result.kind === 'applied') announce(submission.incidentId)
      return result
    },
    record: read,
    records,
    claim: (inLane, nowMs) => claim.immediate(inLane, nowMs),
    renew(command, nowMs) {
      const renewed = sql.renew.run(nowMs + options.leaseMs, command.commandId, command.epoch)
      if (renewed.changes !== 1) throw new CcpError('stale-epoch', `${command.commandId} was taken over`) // J4
    },
    finish(command, event, facts) {
      const result = finish.immediate(command, event, facts)
      if (result !== null && result.kind === 'applied') announce(command.incidentId)
      return result
    },
    postpone(command, dueMs, event, atMs) {
      postpone.immediate(command, dueMs, event, atMs)
      if (event !== null) announce(command.incidentId)
    },
    intend: db.transaction(
      (command: ClaimedCommand, details: Readonly<Record<string, unknown>>, atMs: number) => {
        fence(command)
        const { incidentId, kind, commandId, epoch } = command
        const actor = { kind: 'machine', part: kind } as const
        audit.append({
          atMs,
          incidentId,
          actor,
          action: `intent:${kind}`,
          details: { ...details, commandId, epoch },
        })
      },
    ).immediate,
    nextDueMs: (afterMs) => sql.nextDue.get(afterMs)?.due ?? null,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Frees what a process that is gone had claimed. Only for the one writer, before its first claim. */
export function releaseDeadClaims(db: Database.Database): number {
  return db.prepare("UPDATE outbox SET lease_ms = 0 WHERE status = 'claimed'").run().changes
}

function prepareStatements(db: Database.Database) {
  return {
    insert: db.prepare('INSERT INTO incidents VALUES (?,?,?,?,?,?,?,?)'),
    update: db.prepare(
      'UPDATE incidents SET version = ?, state = ?, open = ?, snapshot = ?, updated_ms = ? WHERE id = ? AND version = ?',
    ),
    takeEvent: db.prepare('INSERT OR IGNORE INTO inbox (event_id, incident_id, received_ms) VALUES (?,?,?)'),
    enqueue: db.prepare(
      'INSERT INTO outbox (command_id, incident_id, kind, lane, due_ms) VALUES (?,?,?,?,?)',
    ),
    // J5: nothing of an incident that has a live claim in the lane; a claim past its lease may be taken over.
    claimable: db.prepare<{ lane: string; nowMs: number }, OutboxRow>(`
      SELECT id, command_id, incident_id, kind, epoch, attempt, status FROM outbox o
      WHERE lane = @lane AND due_ms <= @nowMs
        AND (status = 'pending' OR (status = 'claimed' AND lease_ms < @nowMs))
        AND NOT EXISTS (SELECT 1 FROM outbox x WHERE x.incident_id = o.incident_id AND x.lane = o.lane
                          AND x.status = 'claimed' AND x.lease_ms >= @nowMs)
      ORDER BY status = 'pending', due_ms, id`),
    claim: db.prepare(
      "UPDATE outbox SET status = 'claimed', epoch = epoch + 1, attempt = attempt + 1, lease_ms = ? WHERE id = ?",
    ),
    claimOf: db.prepare<[string], { status: string; epoch: number }>(
      'SELECT status, epoch FROM outbox WHERE command_id = ?',
    ),
    renew: db.prepare(
      "UPDATE outbox SET lease_ms = ? WHERE command_id = ? AND epoch = ? AND status = 'claimed'",
    ),
    done: db.prepare("UPDATE outbox SET status = 'done' WHERE command_id = ?"),
    postpone: db.prepare("UPDATE outbox SET status = 'pending', due_ms = ? WHERE command_id = ?"),
    nextDue: db.prepare<[number], { due: number | null }>(
      "SELECT min(due_ms) AS due FROM outbox WHERE status = 'pending' AND due_ms > ?",
    ),
  }
}

function addWork(record: IncidentRecord, event: MachineEvent, workMs: number): IncidentRecord {
  const folder = STAGE_FOLDER[event.kind]
  if (folder === undefined) return record
  return { ...record, workMs: { ...record.workMs, [folder]: (record.workMs[folder] ?? 0) + workMs } }
}

/** Under which stage folder the time spent on an event is booked. */
const STAGE_FOLDER: Readonly<Partial<Record<MachineEvent['kind'], string>>> = {
  diagnosed: 'rca',
  located: 'localization',
  planned: 'planning',
  patched: 'patching',
  gated: 'gates',
  locksAcquired: 'concurrency',
  locksBusy: 'concurrency',
  canaryReady: 'deployment',
  weightSet: 'deployment',
  rolloutFinished: 'deployment',
  rolledBack: 'deployment',
  observed: 'verification',
}

function detailsOf(
  event: MachineEvent,
  before: IncidentRecord | null,
  after: IncidentRecord,
): Readonly<Record<string, unknown>> {
  const phase = after.rollout === null ? {} : { phase: after.rollout.phase }
  return { ...auditDetails(event), from: before?.state ?? null, to: after.state, ...phase }
}
