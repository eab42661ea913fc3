import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { PersonAction } from '../../../src/pipeline/access.ts'
import { possibleActions } from '../../../src/pipeline/commands.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import type { HandlerDeps } from '../../../src/bot/handlers/handler-deps.ts'
import { pressButton } from '../../../src/bot/handlers/press-button.ts'
import { submitReason } from '../../../src/bot/handlers/submit-reason.ts'
import { ESCALATE_MODAL, REASON_BLOCK, REASON_INPUT, REJECT_MODAL } from '../../../src/bot/ids.ts'
import {
  ACCESS,
  BINDING_HASH,
  INCIDENT,
  LEAD,
  ON_CALL,
  OUTSIDER,
  RECORDS,
  TEAM,
} from '../../support/incident-records.ts'
import { memoryJournal, type MemoryJournal } from '../../support/memory-journal.ts'

interface Said {
  readonly whispers: { readonly to: string; readonly text: string; readonly threadTs: string | null }[]
  readonly modals: string[]
  readonly files: string[]
  readonly settled: string[]
}

function setting(record: IncidentRecord, change: Partial<HandlerDeps> = {}) {
  const journal = memoryJournal(record)
  const said: Said = { whispers: [], modals: [], files: [], settled: [] }
  const deps: HandlerDeps = {
    journal,
    access: ACCESS,
    nowMs: () => record.stateSinceMs,
    log: pino({ level: 'silent' }),
    verifyAudit: () => ({ rows: 0, valid: true, head: '', firstBad: null }),
    delivery: { settleNow: async (_, ts) => void said.settled.push(ts) },
    conversation: {
      whisper: async ({ userId, at }, text) =>
        void said.whispers.push({ to: userId, text, threadTs: at.threadTs }),
      openModal: async (_, view) => void said.modals.push(view.title.text),
      reply: async () => undefined,
      attach: async (_, { filename }) => void said.files.push(filename),
    },
    ...change,
  }
  return { journal, said, deps }
}

let clicks = 0
const click = (
  action: string,
  userId: string,
  value: unknown = { incidentId: INCIDENT, bindingHash: BINDING_HASH },
) => ({
  type: 'block_actions',
  trigger_id: '1.2.trigger',
  user: { id: userId, team_id: TEAM },
  team: { id: TEAM },
  container: { type: 'message', message_ts: '100.000002', channel_id: 'C1', thread_ts: '100.000001' },
  actions: [
    {
      type: 'button',
      action_id: action,
      block_id: 'b',
      action_ts: `${++clicks}.1`,
      value: JSON.stringify(value),
    },
  ],
})

const submission = (callback: string, userId: string, reason: string | null, bindingHash = BINDING_HASH) => ({
  type: 'view_submission',
  user: { id: userId, team_id: TEAM },
  team: { id: TEAM },
  view: {
    id: `V${++clicks}`,
    callback_id: callback,
    private_metadata: JSON.stringify({ incidentId: INCIDENT, bindingHash, channel: 'C1', ts: '100.000002' }),
    state: { values: { [REASON_BLOCK]: { [REASON_INPUT]: { type: 'plain_text_input', value: reason } } } },
  },
})

const kinds = (journal: MemoryJournal): readonly string[] =>
  journal.submissions.map(({ event }) => event.kind)

const ACTIONS: readonly PersonAction[] = [
  'approve',
  'reject',
  'renewApproval',
  'rollBack',
  'pause',
  'resume',
  'retry',
  'escalate',
]
const PEOPLE = [
  { userId: ON_CALL, role: 'on-call' },
  { userId: LEAD, role: 'lead' },
  { userId: OUTSIDER, role: null },
] as const
const STATES = [
  'gating',
  'awaitingApproval',
  'expired',
  'canary10',
  'pausedCanary',
  'rollingBack',
  'rolledBack',
  'resolved',
  'closed',
] as const

const matrix = STATES.flatMap((state) =>
  ACTIONS.flatMap((action) => PEOPLE.map(({ userId, role }) => ({ state, action, userId, role }))),
)

describe('whoever clicks whatever in whichever state', () => {
  it.each(matrix)('$role on $action while $state is right', async ({ state, action, userId, role }) => {
    const record: IncidentRecord = RECORDS[state]
    const { journal, said, deps } = setting(record)
    const hash = record.approval?.bindingHash ?? BINDING_HASH
    await pressButton(click(action, userId, { incidentId: INCIDENT, bindingHash: hash }), deps)
    if (action === 'reject' && said.modals.length > 0)
      submitReason(submission(REJECT_MODAL, userId, 'because', hash), deps)
    if (action === 'escalate' && said.modals.length > 0)
      submitReason(submission(ESCALATE_MODAL, userId, null, hash), deps)

    const allowed =
      role !== null && ACCESS.permissions[action].includes(role) && possibleActions(record).includes(action)
    expect(journal.submissions).toHaveLength(allowed ? 1 : 0)
    expect(said.whispers).toHaveLength(allowed ? 0 : 1)
    expect(journal.record(INCIDENT) === record).toBe(!allowed)
    expect(said.settled.length).toBeGreaterThan(0) // the clicked message shows the truth, either way
  })
})

describe('a click', () => {
  it('acts once however often it is delivered', async () => {
    const { journal, deps } = setting(RECORDS.canary10)
    const body = click('pause', ON_CALL)
    await pressButton(body, deps)
    await pressButton(body, deps)
    expect(kinds(journal)).toEqual(['paused'])
  })

  it('of fifty leads and engineers at once approves once, and tells the others who decided', async () => {
    const { journal, said, deps } = setting(RECORDS.awaitingApproval)
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        pressButton(click('approve', index % 2 === 0 ? LEAD : ON_CALL), deps),
      ),
    )
    expect(kinds(journal)).toEqual(['voted'])
    expect(said.whispers).toHaveLength(49)
  })

  it('on an approval of an earlier version of the fix is refused', async () => {
    const { journal, said, deps } = setting(RECORDS.awaitingApproval)
    await pressButton(click('approve', LEAD, { incidentId: INCIDENT, bindingHash: '0'.repeat(64) }), deps)
    expect(journal.submissions).toEqual([])
    expect(said.whispers[0]?.text).toContain('earlier version of the fix')
  })

  it('by one person does not fill two places of a quorum', async () => {
    const { journal, said, deps } = setting(RECORDS.halfApproved)
    await pressButton(click('approve', LEAD), deps)
    expect(journal.submissions).toEqual([])
    expect(said.whispers[0]?.text).toContain('You have approved already')
  })

  it('of the same user id in another workspace is an outsider', async () => {
    const { journal, deps } = setting(RECORDS.awaitingApproval)
    await pressButton({ ...click('approve', LEAD), user: { id: LEAD, team_id: 'TOTHER' } }, deps)
    expect(journal.submissions).toEqual([])
  })

  it('after the expiry is refused, although the button was still there', async () => {
    const { journal, said, deps } = setting(RECORDS.awaitingApproval, {
      nowMs: () => RECORDS.awaitingApproval.approval!.expiresAtMs,
    })
    await pressButton(click('approve', LEAD), deps)
    expect(journal.submissions).toEqual([])
    expect(said.whispers[0]?.text).toContain('expired')
  })

  it('on an incident of another installation says so', async () => {
    const { said, deps } = setting(RECORDS.awaitingApproval)
    await pressButton(click('pause', LEAD, { incidentId: 'pd-ELSEWHERE' }), deps)
    expect(said.whispers[0]?.text).toContain('not in my journal')
  })

  it('in a thread is answered in that thread', async () => {
    const { said, deps } = setting(RECORDS.resolved)
    await pressButton(click('pause', LEAD), deps)
    expect(said.whispers[0]).toMatchObject({ to: LEAD, threadTs: '100.000001' })
  })

  it.each([
    ['without a value', { ...click('approve', LEAD), actions: [{ action_id: 'approve', action_ts: '1.1' }] }],
    [
      'with a value that is no JSON',
      { ...click('approve', LEAD), actions: [{ action_id: 'approve', action_ts: '1.1', value: '{' }] },
    ],
    ['without an action', { ...click('approve', LEAD), actions: [] }],
    ['that is nothing at all', {}],
  ])('%s changes nothing and does not throw', async (_, body) => {
    const { journal, deps } = setting(RECORDS.awaitingApproval)
    await pressButton(body, deps)
    expect(journal.submissions).toEqual([])
  })

  it('tells the person when the journal fails, and does not throw', async () => {
    const { said, deps, journal } = setting(RECORDS.canary10)
    const failing = {
      ...journal,
      submit: () => {
        throw new CcpError('unavailable', 'the disk is full', { mend: 'free some space' })
      },
    }
    await pressButton(click('pause', LEAD), { ...deps, journal: failing })
    expect(said.whispers[0]?.text).toBe('That did not work: the disk is full; free some space.')
  })

  it('does not throw when the person cannot be told', async () => {
    const { deps } = setting(RECORDS.resolved)
    const whisper = async () => {
      throw new CcpError('unavailable', 'Slack could not be reached')
    }
    await expect(
      pressButton(click('pause', LEAD), { ...deps, conversation: { ...deps.conversation, whisper } }),
    ).resolves.toBeUndefined()
  })
})

describe('the form for a reason', () => {
  it('is opened for who may act, and not for others', async () => {
    const { said, deps } = setting(RECORDS.awaitingApproval)
    await pressButton(click('reject', OUTSIDER), deps)
    expect(said.modals).toEqual([])
    await pressButton(click('reject', ON_CALL), deps)
    expect(said.modals).toEqual(['Reject this fix'])
  })

  it('is kept open with a sentence when the reason is missing', () => {
    const { journal, deps } = setting(RECORDS.awaitingApproval)
    const answer = submitReason(submission(REJECT_MODAL, LEAD, '   '), deps)
    expect(answer).toEqual({
      kind: 'errors',
      errors: { [REASON_BLOCK]: 'Say in a sentence why you reject it.' },
    })
    expect(journal.submissions).toEqual([])
  })

  it('is checked again at its submission: an outsider cannot forge one', () => {
    const { journal, deps } = setting(RECORDS.awaitingApproval)
    expect(submitReason(submission(REJECT_MODAL, OUTSIDER, 'no'), deps).kind).toBe('errors')
    expect(journal.submissions).toEqual([])
  })

  it.each([
    ['of an unknown kind', submission('promote', LEAD, 'x')],
    [
      'with broken data',
      {
        ...submission(REJECT_MODAL, LEAD, 'x'),
        view: { ...submission(REJECT_MODAL, LEAD, 'x').view, private_metadata: 'x' },
      },
    ],
    ['of nothing', {}],
  ])('%s is answered, and changes nothing', (_, body) => {
    const { journal, deps } = setting(RECORDS.awaitingApproval)
    expect(submitReason(body, deps).kind).toBe('errors')
    expect(journal.submissions).toEqual([])
  })
})

describe('a look', () => {
  it('at a diff too large for a window comes as a file into the thread', async () => {
    const patch = { ...RECORDS.gating.patch!, diff: '+ a line of the diff\n'.repeat(50_000) }
    const { said, deps } = setting({ ...RECORDS.gating, patch })
    await pressButton(click('showDiff', OUTSIDER), deps)
    expect(said.modals).toEqual(['Diff'])
    expect(said.files).toEqual(['77c1e05b2a.diff'])
  })

  it('at what is not there yet says so', async () => {
    const { said, deps } = setting(RECORDS.opened)
    await pressButton(click('showDiff', LEAD), deps)
    await pressButton(click('showEvidence', LEAD), deps)
    expect(said.whispers.map(({ text }) => text)).toEqual([
      'There is no diff yet.',
      'There is no diagnosis yet.',
    ])
  })
})
