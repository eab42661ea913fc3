import { lastingFixOf, PHASE_WEIGHT, step } from './machine.ts'
import {
  MACHINE_VERSION,
  type CommandKind,
  type IncidentRecord,
  type MachineEvent,
  type Step,
} from './machine.ts'
import type { Actor, Approval, Rollout } from './contracts.ts'
import { withEndedSignal, withSignal } from './signal-key.ts'
import { describeEvent } from './timeline.ts'

/** A command for the outbox; one that is due later is a timer. */
export interface DueCommand {
  readonly kind: CommandKind
  readonly dueMs: number
}

export interface Next {
  readonly record: IncidentRecord
  readonly commands: readonly DueCommand[]
}

export interface MachineTiming {
  readonly observeEveryMs: number
  readonly lockRetryMs: number
}

/** What came in, from whom and when. */
export interface Arrival {
  readonly event: MachineEvent
  readonly actor: Actor
  readonly atMs: number
}

/** The record and commands that follow from an event; null when nothing follows (M1, M2). */
export function next(record: IncidentRecord | null, arrival: Arrival, timing: MachineTiming): Next | null {
  const current = record ?? opened(arrival)
  if (current === null) return null
  const overlaid = overlay(current, arrival)
  if (overlaid !== null) return settle(current, overlaid, arrival, [])
  const taken = step(current, arrival.event)
  if (taken === null) return null
  const changed = enter(current, taken, arrival)
  const commands = taken.run.map((kind) => ({ kind, dueMs: dueMs(kind, changed, arrival.atMs, timing) }))
  return settle(current, changed, arrival, commands)
}

function settle(
  before: IncidentRecord,
  changed: IncidentRecord,
  arrival: Arrival,
  commands: readonly DueCommand[],
): Next {
  const text = describeEvent(arrival.event, changed)
  const entry = { atMs: arrival.atMs, actor: arrival.actor, text: text ?? '' }
  const timeline = text === null ? before.timeline : [...before.timeline, entry]
  return { record: { ...changed, version: before.version + 1, timeline }, commands }
}

function opened({ event, atMs }: Arrival): IncidentRecord | null {
  if (event.kind !== 'opened') return null
  return {
    machineVersion: MACHINE_VERSION,
    version: 0,
    state: 'DETECTED',
    stateSinceMs: atMs,
    incident: event.incident,
    ...FRESH,
    linkedTo: null,
    siblings: [],
    attempts: [],
    mitigated: null,
    escalated: null,
    refusedFixes: [],
    workMs: {},
    timeline: [],
  }
}

/** What another fix of the same cause begins with. */
const FRESH_FIX = {
  plan: null,
  patch: null,
  gates: null,
  approval: null,
  rollout: null,
  verdict: null,
  paused: null,
  waitingFor: [],
  handOver: null,
  rollBackAsked: null,
  trouble: null,
} as const

/** What an analysis from the start begins with. */
const FRESH = { ...FRESH_FIX, diagnosis: null, location: null } as const

/** Tries whose messages the thread keeps up to date; older ones stay as they were last shown. */
const MOST_ATTEMPTS = 5

/** Sets aside what this try came to; the next one keeps the cause, or begins from the start. */
function nextTry(record: IncidentRecord, keeps: 'cause' | 'nothing', endedAtMs: number): IncidentRecord {
  const { plan, patch, gates, approval, rollout, verdict, handOver } = record
  const cause =
    keeps === 'cause'
      ? { diagnosis: null, location: null }
      : { diagnosis: record.diagnosis, location: record.location }
  const attempt = { ...cause, plan, patch, gates, approval, rollout, verdict, handOver, endedAtMs }
  const attempts = [...record.attempts, attempt].slice(-MOST_ATTEMPTS)
  return { ...record, ...(keeps === 'cause' ? FRESH_FIX : FRESH), attempts }
}

/** Events that are true in every state and move none. */
function overlay(record: IncidentRecord, { event, actor, atMs }: Arrival): IncidentRecord | null {
  switch (event.kind) {
    case 'signalJoined':
      return { ...record, incident: withSignal(record.incident, event.signal) }
    case 'signalEnded': {
      const incident = withEndedSignal(record.incident, event.key, atMs)
      return incident === null ? null : { ...record, incident }
    }
    case 'siblingLinked':
      return { ...record, siblings: [...record.siblings, event.sibling] }
    case 'paused':
      return record.paused === null ? { ...record, paused: { by: actor, reason: event.reason, atMs } } : null
    case 'resumed':
      return record.paused === null ? null : { ...record, paused: null }
    case 'troubled':
      return {
        ...record,
        trouble: { command: event.command, message: event.message, attempt: event.attempt },
      }
    case 'recovered':
      return record.trouble?.command === event.command ? { ...record, trouble: null } : null
    default:
      return null
  }
}

function enter(record: IncidentRecord, taken: Step, arrival: Arrival): IncidentRecord {
  const moved: IncidentRecord = {
    ...record,
    state: taken.state,
    stateSinceMs: taken.state === record.state ? record.stateSinceMs : arrival.atMs,
    trouble: null,
  }
  const filled = fill(moved, arrival)
  if (filled.rollout === null || taken.phase === null) return filled
  return { ...filled, rollout: enterPhase(filled.rollout, taken.phase, arrival) }
}

function enterPhase(rollout: Rollout, phase: Rollout['phase'], { event, atMs }: Arrival): Rollout {
  const phaseSinceMs = rollout.phase === phase ? rollout.phaseSinceMs : atMs
  const deadlineMs = event.kind === 'weightSet' ? event.deadlineMs : rollout.deadlineMs
  return { ...rollout, phase, phaseSinceMs, deadlineMs }
}

/** Puts the event's noun into its place. */
function fill(record: IncidentRecord, { event, actor, atMs }: Arrival): IncidentRecord {
  switch (event.kind) {
    case 'diagnosed':
      return handOverIf(event.diagnosis.abstained, { ...record, diagnosis: event.diagnosis }, atMs)
    case 'linked':
      return { ...record, linkedTo: event.to }
    case 'linkBroken':
      return { ...nextTry(record, 'nothing', atMs), linkedTo: null }
    case 'linkEnded':
      return handOverIf(event.reason, { ...record, linkedTo: null }, atMs)
    case 'located':
      return { ...record, location: event.location }
    case 'planned':
      return { ...record, plan: event.plan }
    case 'patched':
      return { ...record, patch: event.patch }
    case 'gated': {
      const failed = event.report.results.filter((result) => result.status !== 'passed')
      const why = failed.length === 0 ? null : `stopped by: ${failed.map((result) => result.gate).join(', ')}`
      const report = { ...record, gates: event.report, approval: event.approval }
      // A gate that could not be run says nothing against the fix.
      const refuted = failed.some(({ status }) => status === 'failed')
      return handOverIf(why, refuted ? refuseFix(report) : report, atMs)
    }
    case 'stageStopped':
      return handOverIf(event.reason, record, atMs)
    case 'voted':
      return withApproval(record, (approval) => ({
        ...approval,
        votes: [...approval.votes, event.vote],
        status: record.state === 'QUEUED' ? 'approved' : approval.status,
      }))
    case 'rejected': {
      const refused = endApproval(record, 'rejected', { by: actor, reason: event.reason, atMs })
      return handOverIf(`the fix was rejected: ${event.reason}`, refuseFix(refused), atMs)
    }
    case 'approvalExpired':
      return endApproval(record, 'expired', { by: actor, reason: 'nobody decided in time', atMs })
    case 'approvalVoided':
      return endApproval(record, 'void', { by: actor, reason: event.reason, atMs })
    case 'locksBusy':
      return { ...record, waitingFor: event.by }
    case 'locksAcquired':
      return { ...record, waitingFor: [] }
    case 'canaryReady':
      return { ...record, rollout: { ...event.rollout, rollbackReason: record.rollBackAsked } }
    case 'weightSet':
      return withRollout(record, (rollout) => ({ ...rollout, weightPercent: event.percent }))
    case 'observed': {
      const back =
        event.step === 'rollBack'
          ? ({ rollbackReason: event.reason, rolledBackBy: 'verdict' } as const)
          : { rollbackReason: null }
      return { ...record, verdict: event.verdict, rollout: { ...event.rollout, ...back } }
    }
    case 'rolloutFailed':
    case 'rollBackRequested': {
      if (record.rollout === null) return { ...record, rollBackAsked: event.reason }
      const rolledBackBy = event.kind === 'rolloutFailed' ? 'fault' : 'person'
      return withRollout(record, (rollout) => ({ ...rollout, rollbackReason: event.reason, rolledBackBy }))
    }
    case 'rolledBack': {
      const refused = refuseFix({ ...record, paused: null })
      if (record.state === 'PLANNING') return nextTry(refused, 'cause', atMs)
      const why = record.rollout?.rollbackReason ?? record.rollBackAsked ?? event.detail
      return handOverIf(`the fix was rolled back: ${why}`, refused, atMs)
    }
    case 'rolloutFinished':
      return record.state === 'PATCHING' ? lastingTry(record, atMs) : { ...record, paused: null }
    case 'escalated':
      return { ...record, escalated: { by: actor, reason: event.reason, atMs } }
    case 'nextFixRequested':
      return nextTry(record, 'cause', atMs)
    case 'retryRequested':
    case 'pageReopened':
      return { ...nextTry(record, 'nothing', atMs), mitigated: null, linkedTo: null }
    default:
      return record
  }
}

/** The pain is stopped: the same plan goes on with the fix that is to last. */
function lastingTry(record: IncidentRecord, atMs: number): IncidentRecord {
  const { plan } = record
  const lasting = lastingFixOf(record)
  const title = record.patch?.title ?? 'the release before'
  const next = nextTry(record, 'cause', atMs)
  if (plan === null || lasting === null) return next
  const done = { recipe: null, unavailable: 'done: it stopped the pain' }
  const candidates = plan.candidates.map((each) =>
    each.candidateId === plan.chosenId ? { ...each, ...done } : each,
  )
  return {
    ...next,
    mitigated: { title, atMs },
    plan: { incidentId: plan.incidentId, candidates, chosenId: lasting },
  }
}

function handOverIf(reason: string | null, record: IncidentRecord, atMs: number): IncidentRecord {
  return reason === null ? record : { ...record, handOver: { reason, atMs } }
}

function withApproval(record: IncidentRecord, change: (approval: Approval) => Approval): IncidentRecord {
  return record.approval === null ? record : { ...record, approval: change(record.approval) }
}

function withRollout(record: IncidentRecord, change: (rollout: Rollout) => Rollout): IncidentRecord {
  return record.rollout === null ? record : { ...record, rollout: change(record.rollout) }
}

function endApproval(
  record: IncidentRecord,
  status: 'rejected' | 'expired' | 'void',
  ended: Approval['ended'],
): IncidentRecord {
  return withApproval(record, (approval) => ({ ...approval, status, ended }))
}

/** Remembers the fix that was refused, so that it is not proposed again. */
function refuseFix(record: IncidentRecord): IncidentRecord {
  const candidateId = record.plan?.chosenId
  if (candidateId === undefined || record.refusedFixes.includes(candidateId)) return record
  return { ...record, refusedFixes: [...record.refusedFixes, candidateId] }
}

function dueMs(kind: CommandKind, record: IncidentRecord, atMs: number, timing: MachineTiming): number {
  switch (kind) {
    case 'observe':
      return atMs + timing.observeEveryMs
    case 'expire-approval':
      return record.approval?.expiresAtMs ?? atMs
    case 'follow-link':
      return atMs + timing.lockRetryMs
    case 'acquire-locks':
      return record.waitingFor.length === 0 ? atMs : atMs + timing.lockRetryMs
    default:
      return atMs
  }
}

/** What goes on while somebody has paused: watching and going back, never a step forward (M4). */
export function runsWhilePaused(kind: CommandKind, record: IncidentRecord): boolean {
  switch (kind) {
    case 'observe':
    case 'roll-back':
    case 'finish-rollout':
    case 'release-locks':
    case 'expire-approval':
    case 'follow-link':
      return true
    case 'set-weight':
      // Decided before the pause; held only while the canary takes no traffic at all.
      return record.rollout !== null && record.rollout.weightPercent >= (PHASE_WEIGHT.CANARY_10 ?? 0)
    default:
      return lane(kind) === 'notify'
  }
}

/** Notices go beside the work, so that a slow mail server never delays a rollback. */
export function lane(kind: CommandKind): 'work' | 'notify' {
  switch (kind) {
    case 'note-page':
    case 'resolve-page':
    case 'escalate-page':
    case 'email-approvers':
    case 'email-leads':
      return 'notify'
    default:
      return 'work'
  }
}
