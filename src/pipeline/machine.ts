import type {
  Actor,
  Approval,
  Attempt,
  Diagnosis,
  FixPlan,
  GateReport,
  HandOver,
  Incident,
  IncidentLink,
  Location,
  Patch,
  Rollout,
  RolloutPhase,
  Signal,
  StageName,
  Verdict,
  Vote,
} from './contracts.ts'
import { quorumMet } from './approval.ts'

/**
 * The life of an incident, as two tables that read like the diagram in docs/architecture.md (which is drawn from them).
 *
 * M1  `next` is pure: a record and an event give a record and commands, nothing else.
 * M2  An event that no row answers changes nothing: late, doubled and reordered events are harmless.
 * M3  A wait for a person is a state in which no command is outstanding but a timer.
 * M4  Traffic moves forward only while nobody has paused; a rollback is never held back.
 */
export const MACHINE_VERSION = 1

export type IncidentState =
  | 'DETECTED'
  | 'DIAGNOSING'
  | 'LOCALIZING'
  | 'PLANNING'
  | 'PATCHING'
  | 'GATING'
  | 'AWAITING_APPROVAL'
  | 'APPROVAL_EXPIRED'
  | 'QUEUED'
  | 'DEPLOYING'
  | 'LINKED'
  | 'RESOLVED'
  | 'HANDED_OVER'
  | 'CLOSED'

/** What the interpreter is to do; a command with a delay is a timer. */
export type CommandKind =
  | 'diagnose'
  | 'localize'
  | 'follow-link'
  | 'plan-fix'
  | 'write-patch'
  | 'evaluate-gates'
  | 'expire-approval'
  | 'acquire-locks'
  | 'prepare-canary'
  | 'set-weight'
  | 'observe'
  | 'finish-rollout'
  | 'roll-back'
  | 'release-locks'
  | 'note-page'
  | 'resolve-page'
  | 'escalate-page'
  | 'email-approvers'
  | 'email-leads'

export interface TimelineEntry {
  readonly atMs: number
  readonly actor: Actor
  readonly text: string
}

/** All that is known of one incident; the journal's snapshot. */
export interface IncidentRecord {
  readonly machineVersion: number
  /** Counts the transitions; the journal compares and swaps on it. */
  readonly version: number
  readonly state: IncidentState
  readonly stateSinceMs: number
  readonly incident: Incident
  readonly diagnosis: Diagnosis | null
  readonly location: Location | null
  readonly plan: FixPlan | null
  readonly patch: Patch | null
  readonly gates: GateReport | null
  readonly approval: Approval | null
  readonly rollout: Rollout | null
  readonly verdict: Verdict | null
  readonly paused: { readonly by: Actor; readonly reason: string; readonly atMs: number } | null
  readonly escalated: { readonly by: Actor; readonly reason: string; readonly atMs: number } | null
  /** Which operation stands in the way while QUEUED. */
  readonly waitingFor: readonly string[]
  readonly handOver: HandOver | null
  /** The incident whose fix this one waits for, because both have one cause. */
  readonly linkedTo: IncidentLink | null
  /** Incidents that wait for the fix of this one. */
  readonly siblings: readonly IncidentLink[]
  /** Tries that are over, oldest first. */
  readonly attempts: readonly Attempt[]
  /** What stopped the pain, while the lasting fix is still to come. */
  readonly mitigated: { readonly title: string; readonly atMs: number } | null
  /** Fingerprints of fixes that a person rejected, a gate stopped or a canary refuted: not proposed again. */
  readonly refusedFixes: readonly string[]
  /** Why a rollback was asked for while there was no canary yet to roll back. */
  readonly rollBackAsked: string | null
  /** A command that fails and is tried again, for the thread to say so. */
  readonly trouble: {
    readonly command: CommandKind
    readonly message: string
    readonly attempt: number
  } | null
  /** Milliseconds of work by stage folder, waiting excluded. */
  readonly workMs: Readonly<Record<string, number>>
  readonly timeline: readonly TimelineEntry[]
}

export type MachineEvent =
  | { readonly kind: 'opened'; readonly incident: Incident }
  | { readonly kind: 'signalJoined'; readonly signal: Signal }
  /** One of several alerts is over; `key` is that of signal-key.ts. */
  | { readonly kind: 'signalEnded'; readonly key: string; readonly summary: string }
  | { readonly kind: 'diagnosed'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'linked'; readonly to: IncidentLink }
  | { readonly kind: 'linkOpen' }
  | { readonly kind: 'linkResolved'; readonly detail: string }
  | { readonly kind: 'linkBroken'; readonly reason: string }
  | { readonly kind: 'linkEnded'; readonly reason: string }
  | { readonly kind: 'siblingLinked'; readonly sibling: IncidentLink }
  | { readonly kind: 'located'; readonly location: Location }
  | { readonly kind: 'planned'; readonly plan: FixPlan }
  | { readonly kind: 'patched'; readonly patch: Patch }
  | { readonly kind: 'gated'; readonly report: GateReport; readonly approval: Approval | null }
  | { readonly kind: 'stageStopped'; readonly stage: StageName; readonly reason: string }
  | { readonly kind: 'voted'; readonly vote: Vote }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'approvalExpired'; readonly bindingHash: string }
  | { readonly kind: 'approvalRenewed' }
  | { readonly kind: 'approvalVoided'; readonly reason: string }
  | { readonly kind: 'locksAcquired' }
  | { readonly kind: 'locksBusy'; readonly by: readonly string[] }
  | { readonly kind: 'canaryReady'; readonly rollout: Rollout }
  | { readonly kind: 'weightSet'; readonly percent: number; readonly deadlineMs: number }
  | {
      readonly kind: 'observed'
      readonly rollout: Rollout
      readonly verdict: Verdict
      readonly step: 'advance' | 'wait' | 'hold' | 'rollBack'
      readonly reason: string
    }
  | { readonly kind: 'rolloutFailed'; readonly reason: string }
  | { readonly kind: 'rollBackRequested'; readonly reason: string }
  | { readonly kind: 'rolloutFinished' }
  | { readonly kind: 'rolledBack'; readonly detail: string }
  | { readonly kind: 'paused'; readonly reason: string }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'escalated'; readonly reason: string }
  /** Whoever reported the incident says that it is over; without `by` that is PagerDuty. */
  | { readonly kind: 'pageResolved'; readonly by?: 'alertmanager' }
  | { readonly kind: 'pageReopened' }
  | { readonly kind: 'retryRequested' }
  | { readonly kind: 'nextFixRequested' }
  | {
      readonly kind: 'troubled'
      readonly command: CommandKind
      readonly message: string
      readonly attempt: number
    }
  | { readonly kind: 'recovered'; readonly command: CommandKind }

export type EventKind = MachineEvent['kind']
type EventOf<K extends EventKind> = Extract<MachineEvent, { kind: K }>

/** One arrow of the diagram. Rows are tried in order; the first whose guard holds is taken. */
export interface Row<S extends string, K extends EventKind = EventKind> {
  readonly from: S | readonly S[]
  readonly on: K
  /** The guard as the diagram words it, with its test. */
  readonly when?: readonly [words: string, holds: (record: IncidentRecord, event: EventOf<K>) => boolean]
  readonly to: S
  readonly run?: readonly CommandKind[]
}

function row<S extends string, K extends EventKind>(r: Row<S, K>): Row<S> {
  return r as unknown as Row<S>
}

const OPEN = [
  'DETECTED',
  'DIAGNOSING',
  'LOCALIZING',
  'PLANNING',
  'PATCHING',
  'GATING',
  'AWAITING_APPROVAL',
  'APPROVAL_EXPIRED',
  'QUEUED',
  'LINKED',
] as const satisfies readonly IncidentState[]

/** Rollouts that the machine starts by itself in one incident; each still waits for its own approval. */
const MOST_ROLLOUTS = 3

/** Another fix is looked for by itself only where the evidence spoke: not against a person, nor after a fault on the way. */
function mayTryAnother(record: IncidentRecord): boolean {
  const before = record.attempts.filter(({ rollout }) => rollout !== null).length
  return record.rollout?.rolledBackBy === 'verdict' && before + 1 < MOST_ROLLOUTS
}

/** What is proposed once the chosen fix has stopped the pain; null where the chosen fix is the lasting one. */
export function lastingFixOf({ plan }: IncidentRecord): string | null {
  return plan?.lastingId ?? null
}

export const INCIDENT_TABLE: readonly Row<IncidentState>[] = [
  row({ from: 'DETECTED', on: 'opened', to: 'DIAGNOSING', run: ['diagnose'] }),
  row({
    from: 'DIAGNOSING',
    on: 'diagnosed',
    when: ['a cause is named', (_, event) => event.diagnosis.abstained === null],
    to: 'LOCALIZING',
    run: ['localize'],
  }),
  row({ from: 'DIAGNOSING', on: 'diagnosed', to: 'HANDED_OVER', run: ['note-page'] }),
  row({ from: 'LOCALIZING', on: 'linked', to: 'LINKED', run: ['follow-link'] }),
  row({ from: 'LINKED', on: 'linkOpen', to: 'LINKED', run: ['follow-link'] }),
  row({ from: 'LINKED', on: 'linkResolved', to: 'RESOLVED', run: ['note-page', 'resolve-page'] }),
  row({ from: 'LINKED', on: 'linkBroken', to: 'DIAGNOSING', run: ['diagnose'] }),
  row({ from: 'LINKED', on: 'linkEnded', to: 'HANDED_OVER', run: ['note-page'] }),
  row({ from: 'LOCALIZING', on: 'located', to: 'PLANNING', run: ['plan-fix'] }),
  row({ from: 'PLANNING', on: 'planned', to: 'PATCHING', run: ['write-patch'] }),
  row({ from: 'PATCHING', on: 'patched', to: 'GATING', run: ['evaluate-gates'] }),
  row({
    from: 'GATING',
    on: 'gated',
    when: ['all gates passed', (_, event) => event.report.passed && event.approval !== null],
    to: 'AWAITING_APPROVAL',
    run: ['email-approvers', 'expire-approval'],
  }),
  row({ from: 'GATING', on: 'gated', to: 'HANDED_OVER', run: ['note-page'] }),
  row({
    from: 'AWAITING_APPROVAL',
    on: 'voted',
    when: ['the quorum is met', (record, event) => quorumMet(record.approval, event.vote)],
    to: 'QUEUED',
    run: ['acquire-locks'],
  }),
  row({ from: 'AWAITING_APPROVAL', on: 'voted', to: 'AWAITING_APPROVAL' }),
  row({ from: 'AWAITING_APPROVAL', on: 'rejected', to: 'HANDED_OVER', run: ['note-page'] }),
  row({
    from: 'AWAITING_APPROVAL',
    on: 'approvalExpired',
    when: ['it is this approval', (record, event) => record.approval?.bindingHash === event.bindingHash],
    to: 'APPROVAL_EXPIRED',
    run: ['email-leads'],
  }),
  row({ from: 'APPROVAL_EXPIRED', on: 'approvalRenewed', to: 'GATING', run: ['evaluate-gates'] }),
  row({ from: 'QUEUED', on: 'locksBusy', to: 'QUEUED', run: ['acquire-locks'] }),
  row({ from: 'QUEUED', on: 'locksAcquired', to: 'DEPLOYING', run: ['prepare-canary'] }),
  row({
    from: ['AWAITING_APPROVAL', 'QUEUED'],
    on: 'approvalVoided',
    to: 'LOCALIZING',
    run: ['release-locks', 'localize'],
  }),
  row({
    from: 'DEPLOYING',
    on: 'rolloutFinished',
    when: ['the pain is stopped, a lasting fix is due', (record) => lastingFixOf(record) !== null],
    to: 'PATCHING',
    run: ['release-locks', 'note-page', 'write-patch'],
  }),
  row({
    from: 'DEPLOYING',
    on: 'rolloutFinished',
    to: 'RESOLVED',
    run: ['release-locks', 'note-page', 'resolve-page'],
  }),
  row({
    from: 'DEPLOYING',
    on: 'rolledBack',
    when: ['the evidence sent it back, tries are left', mayTryAnother],
    to: 'PLANNING',
    run: ['release-locks', 'note-page', 'plan-fix'],
  }),
  row({
    from: 'DEPLOYING',
    on: 'rolledBack',
    to: 'HANDED_OVER',
    run: ['release-locks', 'note-page', 'email-leads'],
  }),
  ...[...OPEN, 'DEPLOYING' as const, 'HANDED_OVER' as const].map((state) =>
    row({ from: state, on: 'escalated', to: state, run: ['escalate-page', 'email-leads'] }),
  ),
  row({ from: OPEN, on: 'stageStopped', to: 'HANDED_OVER', run: ['release-locks', 'note-page'] }),
  row({ from: [...OPEN, 'HANDED_OVER'], on: 'pageResolved', to: 'CLOSED', run: ['release-locks'] }),
  row({ from: ['RESOLVED', 'CLOSED'], on: 'pageReopened', to: 'DIAGNOSING', run: ['diagnose'] }),
  row({ from: 'HANDED_OVER', on: 'retryRequested', to: 'DIAGNOSING', run: ['diagnose'] }),
  row({ from: 'HANDED_OVER', on: 'nextFixRequested', to: 'PLANNING', run: ['plan-fix'] }),
]

const RUNNING = [
  'IDLE',
  'CANARY_10',
  'HEALTH_CHECK',
  'CANARY_50',
  'FULL_DEPLOY',
  'VERIFICATION',
] as const satisfies readonly RolloutPhase[]

const advancing = (record: IncidentRecord, event: EventOf<'observed'>): boolean =>
  event.step === 'advance' && record.paused === null // M4

export const ROLLOUT_TABLE: readonly Row<RolloutPhase>[] = [
  row({
    from: 'IDLE',
    on: 'canaryReady',
    when: ['a rollback was asked for meanwhile', (record) => record.rollBackAsked !== null],
    to: 'ROLLBACK', // its command waits already
  }),
  row({ from: 'IDLE', on: 'canaryReady', to: 'CANARY_10', run: ['set-weight'] }),
  row({ from: ['CANARY_10', 'CANARY_50'], on: 'weightSet', to: 'HEALTH_CHECK', run: ['observe'] }),
  row({ from: 'FULL_DEPLOY', on: 'weightSet', to: 'VERIFICATION', run: ['observe'] }),
  row({
    from: ['HEALTH_CHECK', 'VERIFICATION'],
    on: 'observed',
    when: ['worse, or out of time', (_, event) => event.step === 'rollBack'],
    to: 'ROLLBACK',
    run: ['roll-back'],
  }),
  row({
    from: 'HEALTH_CHECK',
    on: 'observed',
    when: [
      'healthy at 10 %',
      (record, event) => advancing(record, event) && event.rollout.weightPercent < 50,
    ],
    to: 'CANARY_50',
    run: ['set-weight'],
  }),
  row({
    from: 'HEALTH_CHECK',
    on: 'observed',
    when: ['healthy at 50 %', advancing],
    to: 'FULL_DEPLOY',
    run: ['set-weight'],
  }),
  row({
    from: 'VERIFICATION',
    on: 'observed',
    when: ['verified', advancing],
    to: 'SUCCESS',
    run: ['finish-rollout'],
  }),
  row({ from: 'HEALTH_CHECK', on: 'observed', to: 'HEALTH_CHECK', run: ['observe'] }),
  row({ from: 'VERIFICATION', on: 'observed', to: 'VERIFICATION', run: ['observe'] }),
  row({ from: [...RUNNING, 'SUCCESS'], on: 'rolloutFailed', to: 'ROLLBACK', run: ['roll-back'] }),
  row({ from: RUNNING, on: 'rollBackRequested', to: 'ROLLBACK', run: ['roll-back'] }),
]

/** The share of traffic that a phase asks for. */
export const PHASE_WEIGHT: Readonly<Partial<Record<RolloutPhase, number>>> = {
  CANARY_10: 10,
  CANARY_50: 50,
  FULL_DEPLOY: 100,
}

function find<S extends string>(
  table: readonly Row<S>[],
  from: S,
  record: IncidentRecord,
  event: MachineEvent,
): Row<S> | null {
  const answers = (r: Row<S>): boolean =>
    (Array.isArray(r.from) ? r.from.includes(from) : r.from === from) &&
    r.on === event.kind &&
    (r.when === undefined || r.when[1](record, event as never))
  return table.find(answers) ?? null
}

export interface Step {
  readonly state: IncidentState
  readonly phase: RolloutPhase | null
  readonly run: readonly CommandKind[]
}

/** Where the event leads; null when no row answers it (M2). */
export function step(record: IncidentRecord, event: MachineEvent): Step | null {
  if (record.state === 'DEPLOYING') {
    const phase = record.rollout?.phase ?? 'IDLE'
    const inRollout = find(ROLLOUT_TABLE, phase, record, event)
    if (inRollout !== null) return { state: 'DEPLOYING', phase: inRollout.to, run: inRollout.run ?? [] }
  }
  const found = find(INCIDENT_TABLE, record.state, record, event)
  if (found === null) return null
  return { state: found.to, phase: record.rollout?.phase ?? null, run: found.run ?? [] }
}
