import { describe, expect, it } from 'vitest'
import type { AccessPolicy, PersonAction } from '../../src/pipeline/access.ts'
import { act, objection, possibleActions, type PersonRequest } from '../../src/pipeline/commands.ts'
import type { Approval, Role } from '../../src/pipeline/contracts.ts'
import type { IncidentRecord, MachineEvent } from '../../src/pipeline/machine.ts'
import {
  ACCESS,
  approval,
  BINDING_HASH,
  diagnosis,
  fourEyes,
  incident,
  INCIDENT,
  LEAD,
  location,
  ON_CALL,
  OUTSIDER,
  patch,
  plan,
  RECORDS,
  report,
  rollout,
  TEAM,
  vote,
} from '../support/incident-records.ts'
import { memoryJournal } from '../support/memory-journal.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'

const ACTIONS: readonly PersonAction[] = [
  'approve',
  'reject',
  'pause',
  'resume',
  'rollBack',
  'escalate',
  'retry',
  'renewApproval',
]
const NOW_MS = approval.requestedAtMs + 60_000

const analysed: readonly MachineEvent[] = [
  { kind: 'opened', incident },
  { kind: 'diagnosed', diagnosis },
  { kind: 'located', location },
  { kind: 'planned', plan },
  { kind: 'patched', patch },
]
const asking = (asked: Approval = approval): readonly MachineEvent[] => [
  ...analysed,
  { kind: 'gated', report, approval: asked },
]

function desk(events: readonly MachineEvent[], access: AccessPolicy = ACCESS, nowMs = NOW_MS) {
  const { journal, tell, actions } = temporaryJournal(INCIDENT)
  tell(...events)
  const deps = { journal, access, nowMs: () => nowMs }
  let clicks = 0
  const request = (action: PersonAction, userId: string, change: Partial<PersonRequest> = {}) => ({
    action,
    incidentId: INCIDENT,
    person: { teamId: TEAM, userId },
    clickId: `click-${(clicks += 1)}`,
    bindingHash: BINDING_HASH,
    reason: 'because',
    ...change,
  })
  const click = (action: PersonAction, userId: string, change: Partial<PersonRequest> = {}) =>
    act(request(action, userId, change), deps)
  return { click, journal, actions, deps, request, record: () => journal.record(INCIDENT) as IncidentRecord }
}

describe('what a person may do', () => {
  const people = { [ON_CALL]: ['on-call'], [LEAD]: ['lead'], [OUTSIDER]: [] } as const
  const onlyLeads: AccessPolicy = {
    ...ACCESS,
    permissions: Object.fromEntries(ACTIONS.map((action) => [action, ['lead']])) as Record<
      PersonAction,
      Role[]
    >,
  }

  it.each(
    Object.keys(RECORDS).flatMap((name) =>
      [ACCESS, onlyLeads].map(
        (access) => [name, access === ACCESS ? 'shipped' : 'leads only', access] as const,
      ),
    ),
  )('C1 is decided by role and state: %s, policy %s', (name, _, access) => {
    const record = RECORDS[name as keyof typeof RECORDS]
    for (const [userId, roles] of Object.entries(people)) {
      for (const action of ACTIONS) {
        const journal = memoryJournal(record)
        const request = {
          action,
          incidentId: INCIDENT,
          person: { teamId: TEAM, userId },
          clickId: 'c',
          bindingHash: record.approval?.bindingHash ?? '',
          reason: 'because',
        }
        const outcome = act(request, { journal, access, nowMs: () => NOW_MS })
        const allowed = access.permissions[action].some((role) => (roles as readonly Role[]).includes(role))
        const admitted = allowed && possibleActions(record).includes(action)
        if (!admitted) expect(outcome.kind, `${userId} ${action}`).toBe('refused')
        if (outcome.kind === 'refused') expect(journal.submissions).toEqual([])
        // An open place of the quorum may still want another role.
        if (admitted && action !== 'approve') expect(outcome.kind, `${userId} ${action}`).toBe('accepted')
      }
    }
  })

  it.each([
    ['awaitingApproval', 'approve reject pause escalate'],
    ['pausedApproval', 'approve reject resume escalate'],
    ['expired', 'renewApproval pause escalate'],
    ['queued', 'pause escalate'],
    ['canary10', 'rollBack pause escalate'],
    ['rollingBack', 'escalate'],
    ['rejected', 'nextFix retry escalate'],
    ['abstained', 'retry escalate'],
    ['linked', 'escalate'],
    ['secondFixAsked', 'approve reject pause escalate'],
    ['resolved', ''],
    ['closed', ''],
  ] as const)('shows these buttons while %s: %s', (name, expected) => {
    expect(possibleActions(RECORDS[name]).join(' ')).toBe(expected)
  })

  it('C1 does not know the same user id of another workspace', () => {
    const { click, record } = desk(asking())
    const outcome = click('approve', LEAD, { person: { teamId: 'TOTHER', userId: LEAD } })
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('Only somebody on call'),
    })
    expect(record().state).toBe('AWAITING_APPROVAL')
  })

  it('says that an incident is unknown', () => {
    const { click } = desk([])
    expect(click('pause', LEAD)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('journal'),
    })
  })
})

describe('an approval by click', () => {
  it('queues the rollout when the quorum is met, with the vote in the chain', () => {
    const { click, record, actions } = desk(asking())
    expect(click('approve', ON_CALL)).toMatchObject({ kind: 'accepted', record: { state: 'QUEUED' } })
    expect(record().approval).toMatchObject({
      status: 'approved',
      votes: [{ userId: ON_CALL, role: 'on-call' }],
    })
    expect(actions().at(-1)).toBe('voted')
  })

  it('C2 does not count for another hash than that of the approval that waits', () => {
    const { click, record } = desk(asking())
    for (const action of ['approve', 'reject'] as const) {
      expect(click(action, LEAD, { bindingHash: 'f'.repeat(64) })).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('earlier version of the fix'),
      })
    }
    expect(record()).toMatchObject({ state: 'AWAITING_APPROVAL', approval: { votes: [] } })
  })

  it('C2 does not count once the approval has ended, and says who ended it', () => {
    const { click } = desk(asking())
    click('reject', LEAD, { reason: 'it hides the error' })
    expect(click('approve', ON_CALL)).toEqual({
      kind: 'refused',
      reason: `This was already decided: the approval is rejected by <@${LEAD}>.`,
    })
  })

  it('C2 does not count at or after its expiry, though the timer has not fired yet', () => {
    const late = desk(asking(), ACCESS, approval.expiresAtMs)
    expect(late.click('approve', LEAD)).toMatchObject({ reason: expect.stringContaining('expired') })
    const inTime = desk(asking(), ACCESS, approval.expiresAtMs - 1)
    expect(inTime.click('approve', LEAD).kind).toBe('accepted')
  })

  it('C3 acts once for a click that is delivered twice', () => {
    const { click, record, actions } = desk(asking(fourEyes))
    expect(click('approve', LEAD, { clickId: 'same' }).kind).toBe('accepted')
    click('approve', LEAD, { clickId: 'same' })
    expect(record()).toMatchObject({ state: 'AWAITING_APPROVAL', approval: { votes: [{ userId: LEAD }] } })
    expect(actions().filter((action) => action === 'voted')).toHaveLength(1)
  })

  it('C3 acts once for a redelivered click even where the state would admit it again', () => {
    const { click, record } = desk(asking())
    click('pause', LEAD, { clickId: 'one' })
    click('resume', LEAD, { clickId: 'two' })
    click('pause', LEAD, { clickId: 'one' })
    expect(record().paused).toBeNull()
  })

  it('wants two different people where the risk does, one of them a lead', () => {
    const { click, record } = desk(asking(fourEyes))
    click('approve', ON_CALL)
    expect(click('approve', ON_CALL)).toMatchObject({ reason: expect.stringContaining('somebody else') })
    expect(record().state).toBe('AWAITING_APPROVAL')
    expect(click('approve', LEAD)).toMatchObject({ kind: 'accepted', record: { state: 'QUEUED' } })
  })

  it('tells somebody whose role no open place names which role it needs', () => {
    const { click } = desk(asking({ ...approval, tier: 'medium', quorum: [['lead']] }))
    expect(click('approve', ON_CALL)).toEqual({
      kind: 'refused',
      reason: 'Risk is medium: the open place needs a lead.',
    })
  })

  it('wants a reason for a rejection', () => {
    const { click, record } = desk(asking())
    expect(click('reject', LEAD, { reason: '  ' })).toMatchObject({
      reason: expect.stringContaining('sentence'),
    })
    expect(record().state).toBe('AWAITING_APPROVAL')
  })

  it('is objected to before a form is opened for it', () => {
    const { deps, request } = desk(asking())
    expect(objection(request('reject', OUTSIDER), deps)).toContain('Only somebody on call')
    expect(objection(request('reject', LEAD, { bindingHash: 'old' }), deps)).toContain('earlier version')
    expect(objection(request('reject', LEAD, { incidentId: 'pd-none' }), deps)).toContain('not in my journal')
    expect(objection(request('reject', LEAD), deps)).toBeNull()
  })
})

describe('a rollback by click', () => {
  const deploying: readonly MachineEvent[] = [
    ...asking(),
    { kind: 'voted', vote: vote(LEAD, 'lead') },
    { kind: 'locksAcquired' },
  ]

  it('is taken before there is a canary, once', () => {
    const { click, record } = desk(deploying)
    expect(click('rollBack', ON_CALL, { reason: 'not tonight' }).kind).toBe('accepted')
    expect(record().rollBackAsked).toBe('not tonight')
    expect(click('rollBack', LEAD).kind).toBe('refused')
  })

  it('is taken at any weight, and words a reason where none is given', () => {
    const { click, record } = desk([...deploying, { kind: 'canaryReady', rollout }])
    click('rollBack', ON_CALL, { reason: '' })
    expect(record().rollout).toMatchObject({ phase: 'ROLLBACK', rollbackReason: 'a person asked for it' })
  })
})
