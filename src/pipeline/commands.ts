import { openPlaces } from './approval.ts'
import { rolesOf, type AccessPolicy, type Person, type PersonAction } from './access.ts'
import type { Role } from './contracts.ts'
import type { IncidentRecord, IncidentState, MachineEvent } from './machine.ts'
import type { Journal } from './ports.ts'

/**
 * What a person may do. Each action is checked against the policy and the state at the click, whatever the button showed.
 *
 * C1  No action without a role that the policy names for it.
 * C2  An approval counts only for the hash that was on the button, and only while that approval waits.
 * C3  The same click delivered twice acts once.
 */
export interface PersonRequest {
  readonly action: PersonAction
  readonly incidentId: string
  readonly person: Person
  /** Unique for each click: Slack's trigger or action timestamp. */
  readonly clickId: string
  /** The hash on the approve and reject buttons. */
  readonly bindingHash?: string
  readonly reason?: string
}

export type PersonOutcome =
  | { readonly kind: 'accepted'; readonly record: IncidentRecord }
  /** One sentence for that person alone. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface CommandDeps {
  readonly journal: Pick<Journal, 'record' | 'submit'>
  readonly access: AccessPolicy
  nowMs(): number
}

const DONE: readonly IncidentState[] = ['RESOLVED', 'CLOSED']

/** The actions that the incident's state admits, whoever asks: what the thread shows as buttons. */
export function possibleActions(record: IncidentRecord): readonly PersonAction[] {
  const actions: PersonAction[] = []
  const { state, rollout } = record
  if (state === 'AWAITING_APPROVAL') actions.push('approve', 'reject')
  if (state === 'APPROVAL_EXPIRED') actions.push('renewApproval')
  const goingBack = rollout?.phase === 'ROLLBACK' || record.rollBackAsked !== null
  if (state === 'DEPLOYING' && !goingBack && rollout?.phase !== 'SUCCESS') actions.push('rollBack')
  const nothingMoves = state === 'HANDED_OVER' || state === 'LINKED'
  if (!DONE.includes(state) && !nothingMoves && !goingBack) {
    actions.push(record.paused === null ? 'pause' : 'resume')
  }
  if (state === 'HANDED_OVER' && hasAnotherFix(record)) actions.push('nextFix')
  if (state === 'HANDED_OVER') actions.push('retry')
  if (!DONE.includes(state)) actions.push('escalate')
  return actions
}

/** Whether the plan holds a fix that nobody and nothing has refused. */
function hasAnotherFix({ plan, location, refusedFixes }: IncidentRecord): boolean {
  if (plan === null || location === null) return false
  return plan.candidates.some(
    ({ candidateId, recipe }) => recipe !== null && !refusedFixes.includes(candidateId),
  )
}

const WORDS: Readonly<Record<PersonAction, string>> = {
  approve: 'approve this fix',
  reject: 'reject this fix',
  pause: 'pause',
  resume: 'resume',
  rollBack: 'roll back',
  escalate: 'escalate',
  retry: 'start the analysis again',
  nextFix: 'ask for the next fix',
  renewApproval: 'ask for approval again',
}

/** Does what the person asked, or says why not. */
export function act(request: PersonRequest, deps: CommandDeps): PersonOutcome {
  const record = deps.journal.record(request.incidentId)
  if (record === null) return refused(UNKNOWN_INCIDENT)
  const roles = rolesOf(deps.access, request.person)
  const denial = deny(request, record, roles, deps.access)
  if (denial !== null) return refused(denial)
  const atMs = deps.nowMs()
  const event = eventFor(request, record, roles, atMs)
  if (typeof event === 'string') return refused(event)
  const result = deps.journal.submit({
    eventId: `click:${request.clickId}`, // C3
    incidentId: request.incidentId,
    event,
    actor: { kind: 'person', ...request.person },
    atMs,
  })
  if (result.kind === 'ignored' && result.why === 'no-row')
    return refused(alreadyDecided(record, request.action))
  return { kind: 'accepted', record: result.record ?? record }
}

/** Why that person may not do that now, to be asked before a form is opened; null where nothing stands against it. */
export function objection(
  request: Pick<PersonRequest, 'action' | 'incidentId' | 'person' | 'bindingHash'>,
  deps: Pick<CommandDeps, 'journal' | 'access'>,
): string | null {
  const record = deps.journal.record(request.incidentId)
  if (record === null) return UNKNOWN_INCIDENT
  const denial = deny(request, record, rolesOf(deps.access, request.person), deps.access)
  if (denial !== null) return denial
  return request.action === 'reject' && request.bindingHash !== record.approval?.bindingHash ? STALE : null
}

function refused(reason: string): PersonOutcome {
  return { kind: 'refused', reason }
}

function deny(
  request: Pick<PersonRequest, 'action'>,
  record: IncidentRecord,
  roles: readonly Role[],
  access: AccessPolicy,
): string | null {
  const allowed = access.permissions[request.action]
  if (!roles.some((role) => allowed.includes(role))) {
    return `Only ${orList(allowed)} may ${WORDS[request.action]}. You are not in access.yaml with that role.` // C1
  }
  if (!possibleActions(record).includes(request.action)) return alreadyDecided(record, request.action)
  return null
}

function orList(roles: readonly string[]): string {
  return roles.map((role) => (role === 'lead' ? 'a lead' : 'somebody on call')).join(' or ')
}

function alreadyDecided(record: IncidentRecord, action: PersonAction): string {
  const ended = record.approval?.ended
  const by = ended?.by.kind === 'person' ? ` by <@${ended.by.userId}>` : ''
  if ((action === 'approve' || action === 'reject') && record.approval !== null) {
    return `This was already decided: the approval is ${record.approval.status}${by}.`
  }
  return `You cannot ${WORDS[action]} now: the incident is ${record.state.toLowerCase().replaceAll('_', ' ')}.`
}

function eventFor(
  request: PersonRequest,
  record: IncidentRecord,
  roles: readonly Role[],
  atMs: number,
): MachineEvent | string {
  const reason = request.reason?.trim() ?? ''
  switch (request.action) {
    case 'approve':
      return vote(request, record, roles, atMs)
    case 'reject':
      if (request.bindingHash !== record.approval?.bindingHash) return STALE
      return reason === '' ? 'Say in a sentence why you reject it.' : { kind: 'rejected', reason }
    case 'pause':
      return { kind: 'paused', reason: reason === '' ? 'no reason given' : reason }
    case 'resume':
      return { kind: 'resumed' }
    case 'rollBack':
      return { kind: 'rollBackRequested', reason: reason === '' ? 'a person asked for it' : reason }
    case 'escalate':
      return { kind: 'escalated', reason: reason === '' ? 'no reason given' : reason }
    case 'retry':
      return { kind: 'retryRequested' }
    case 'nextFix':
      return { kind: 'nextFixRequested' }
    case 'renewApproval':
      return { kind: 'approvalRenewed' }
  }
}

const UNKNOWN_INCIDENT = 'This incident is not in my journal; it may belong to another installation.'

const STALE =
  'That button belongs to an earlier version of the fix. Look at the newest diff and decide there.'

function vote(
  request: PersonRequest,
  record: IncidentRecord,
  roles: readonly Role[],
  atMs: number,
): MachineEvent | string {
  const approval = record.approval
  if (approval === null || request.bindingHash !== approval.bindingHash) return STALE // C2
  if (atMs >= approval.expiresAtMs) return 'This approval has expired; ask for it again.'
  const { teamId, userId } = request.person
  if (approval.votes.some((cast) => cast.teamId === teamId && cast.userId === userId)) {
    return 'You have approved already; somebody else must fill the next place.'
  }
  const role = roles.find((mine) => openPlaces(approval).some((place) => place.includes(mine)))
  if (role === undefined) {
    return `Risk is ${approval.tier}: the open place needs ${orList(openPlaces(approval).flat())}.`
  }
  return { kind: 'voted', vote: { teamId, userId, role, atMs } }
}
