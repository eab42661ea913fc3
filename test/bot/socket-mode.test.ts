import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { startWorkspace, type Workspace } from '../../demo/workspace/workspace.ts'
import type { WorkspaceOptions } from '../../demo/workspace/options.ts'
import { createBot, type BotDeps } from '../../src/bot/app.ts'
import { SLACK_RATES } from '../../src/bot/settings.ts'
import { ACCESS, LEAD, ON_CALL, OUTSIDER, RECORDS, TEAM, INCIDENT } from '../support/incident-records.ts'
import { memoryDeliveries, memoryJournal, type MemoryJournal } from '../support/memory-journal.ts'

const CHANNEL = 'CINCIDENTS'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function workspaceOf(options: WorkspaceOptions = {}): Promise<Workspace> {
  const workspace = await startWorkspace({ rateLimits: 'off', teamId: TEAM, ...options })
  closers.push(() => workspace.close())
  return workspace
}

const FAST = {
  ...SLACK_RATES,
  postsPerSecond: 1_000,
  postBurst: 100,
  updatesPerMinute: 60_000,
  updateBurst: 100,
}

function depsFor(workspace: Workspace, journal: MemoryJournal, change: Partial<BotDeps> = {}): BotDeps {
  return {
    settings: {
      botToken: workspace.tokens.bot,
      slackApiUrl: workspace.slackApiUrl,
      channel: CHANNEL,
      receiver: { mode: 'socket', appToken: workspace.tokens.app },
      delivery: { ...FAST, firstRetryMs: 20 },
    },
    journal,
    deliveries: memoryDeliveries(),
    access: ACCESS,
    log: pino({ level: 'silent' }),
    nowMs: () => RECORDS.awaitingApproval.stateSinceMs,
    verifyAudit: () => ({ rows: 41, valid: true, head: 'ab'.repeat(32), firstBad: null }),
    onUndeliverable: () => undefined,
    ...change,
  }
}

async function started(deps: BotDeps) {
  const bot = createBot(deps)
  await bot.start()
  closers.unshift(() => bot.stop())
  await bot.idle()
  return bot
}

const rootOf = (workspace: Workspace) => {
  const root = workspace
    .messages(CHANNEL)
    .find((message) => message.thread_ts === undefined || message.thread_ts === message.ts)
  if (root === undefined) throw new Error('no root message')
  return root
}

const buttonsOf = (message: { blocks?: readonly object[] } | undefined): readonly string[] =>
  (message?.blocks ?? []).flatMap((block) =>
    'elements' in block && 'type' in block && block.type === 'actions'
      ? (block.elements as { action_id: string }[]).map((element) => element.action_id)
      : [],
  )

const messageWith = (workspace: Workspace, text: string) => {
  const found = workspace.messages(CHANNEL).find((message) => message.text.includes(text))
  if (found === undefined) throw new Error(`no message says "${text}"`)
  return found
}

describe('the bot over Socket Mode', () => {
  it('posts the thread of an open incident when it starts, every message once, in order', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.awaitingApproval)))
    const root = rootOf(workspace)
    const keys = workspace.thread(root.ts).map((message) => message.metadata?.event_payload.key)
    expect(keys).toEqual([
      'root',
      'diagnosis',
      'location',
      'plan',
      'patch',
      'gates',
      `approval-${'c4f1'.repeat(3)}`,
    ])
    expect(buttonsOf(root)).toEqual(['approve', 'reject', 'pause', 'escalate', 'showEvidence', 'showDiff'])
    expect(workspace.apiCalls().filter((call) => !call.ok)).toEqual([])
  })

  it('records an approval, and the clicked message shows who decided and no live button', async () => {
    const workspace = await workspaceOf()
    const journal = memoryJournal(RECORDS.awaitingApproval)
    const bot = await started(depsFor(workspace, journal))
    const asked = messageWith(workspace, 'Approval needed')
    const ack = await workspace.actAs(ON_CALL).click({ ts: asked.ts, actionId: 'approve' })
    await workspace.waitFor(
      () => !buttonsOf(workspace.thread(asked.ts)[0] ?? asked).includes('approve'),
      2_000,
    )
    await bot.idle()
    expect(ack.kind).toBe('acked')
    expect(journal.record(INCIDENT)?.state).toBe('QUEUED')
    expect(journal.submissions.map(({ event, actor }) => [event.kind, actor])).toEqual([
      ['voted', { kind: 'person', teamId: TEAM, userId: ON_CALL }],
    ])
    const settled = messageWith(workspace, 'Approved by')
    expect(settled.ts).toBe(asked.ts)
    expect(settled.text).toContain(`<@${ON_CALL}>`)
    expect(buttonsOf(rootOf(workspace))).not.toContain('approve')
  })

  it('refuses an outsider, telling them alone, and nothing changes', async () => {
    const workspace = await workspaceOf()
    const journal = memoryJournal(RECORDS.awaitingApproval)
    await started(depsFor(workspace, journal))
    await workspace.actAs(OUTSIDER).click({ ts: rootOf(workspace).ts, actionId: 'approve' })
    const whisper = await workspace.waitFor(() => workspace.ephemerals(OUTSIDER)[0], 2_000)
    expect(whisper.text).toContain('Only somebody on call or a lead may approve this fix')
    expect(workspace.ephemerals(ON_CALL)).toEqual([])
    expect(journal.submissions).toEqual([])
    expect(buttonsOf(rootOf(workspace))).toContain('approve')
  })

  it('asks for the reason of a rejection and hands over with it', async () => {
    const workspace = await workspaceOf()
    const journal = memoryJournal(RECORDS.awaitingApproval)
    const bot = await started(depsFor(workspace, journal))
    const lead = workspace.actAs(LEAD)
    await lead.click({ ts: rootOf(workspace).ts, actionId: 'reject' })
    const modal = await workspace.waitFor(() => workspace.openModal(LEAD), 2_000)
    expect(modal.view.title).toMatchObject({ text: 'Reject this fix' })
    expect((await lead.submitModal({ values: { reason: { text: '' } } })).kind).toBe('errors')
    expect((await lead.submitModal({ values: { reason: { text: 'it hides the error' } } })).kind).toBe(
      'closed',
    )
    await bot.idle()
    expect(journal.record(INCIDENT)?.handOver?.reason).toBe('the fix was rejected: it hides the error')
    expect(messageWith(workspace, 'Rejected by').text).toContain('it hides the error')
    expect(rootOf(workspace).text).toContain('Over to you')
  })

  it('keeps the form open with the reason when the decision fell meanwhile', async () => {
    const workspace = await workspaceOf()
    const journal = memoryJournal(RECORDS.awaitingApproval)
    await started(depsFor(workspace, journal))
    const lead = workspace.actAs(LEAD)
    await lead.click({ ts: rootOf(workspace).ts, actionId: 'reject' })
    await workspace.waitFor(() => workspace.openModal(LEAD), 2_000)
    journal.commit(RECORDS.queued)
    const outcome = await lead.submitModal({ values: { reason: { text: 'too late' } } })
    expect(outcome).toMatchObject({
      kind: 'errors',
      errors: { reason: expect.stringContaining('already decided') },
    })
  })

  it('shows diff and evidence in modals', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.awaitingApproval)))
    const reader = workspace.actAs(OUTSIDER)
    await reader.click({ ts: rootOf(workspace).ts, actionId: 'showDiff' })
    const diff = await workspace.waitFor(() => workspace.openModal(OUTSIDER), 2_000)
    expect(JSON.stringify(diff.view.blocks)).toContain('+    if address is None:')
    await reader.closeModal()
    await reader.click({ ts: rootOf(workspace).ts, actionId: 'showEvidence' })
    const evidence = await workspace.waitFor(() => workspace.openModal(OUTSIDER), 2_000)
    const text = JSON.stringify(evidence.view.blocks)
    expect(text).toContain('format_address')
    expect(text).toContain('o-1182')
    expect(text).not.toContain('4111111111111111')
  })

  it('shows the canary graph as an image of its own file beside the numbers and the brakes', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.canary10)))
    const message = messageWith(workspace, 'Canary at 10 %')
    const rollout = workspace.messages(CHANNEL).find((each) => each.metadata?.event_payload.key === 'rollout')
    expect(message).toBeDefined()
    expect(rollout?.blocks?.map((block) => block.type)).toContain('image')
    expect(buttonsOf(rollout)).toEqual(['rollBack', 'pause'])
    expect(
      workspace.apiCalls().filter((call) => call.method === 'files.completeUploadExternal'),
    ).toHaveLength(1)
  })

  it('answers /ccp status with a link to the thread, to the asker alone', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.awaitingApproval)))
    await workspace.actAs(LEAD).slash('/ccp status')
    const answer = await workspace.waitFor(() => workspace.ephemerals(LEAD)[0], 2_000)
    expect(answer.text).toContain('1 open incident')
    expect(answer.text).toContain('Waiting for approval')
    expect(answer.text).toContain(`/archives/${CHANNEL}/p`)
  })

  it('answers /ccp audit in the channel, where the head of the chain stays', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal()))
    await workspace.actAs(ON_CALL).slash('/ccp audit')
    const answer = await workspace.waitFor(() => workspace.messages(CHANNEL).at(-1), 2_000)
    expect(answer.text).toContain('41 rows')
    expect(JSON.stringify(answer.blocks)).toContain('ab'.repeat(32))
  })

  it('answers a mention in its thread', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.canary10)))
    const asked = await workspace.actAs(ON_CALL).post(`<@${workspace.botUserId}> status`)
    const answer = await workspace.waitFor(() => workspace.thread(asked)[1], 2_000)
    expect(answer.text).toContain('1 open incident')
  })

  it('tells who clicks a button of another version that it is unknown', async () => {
    const workspace = await workspaceOf()
    await started(depsFor(workspace, memoryJournal(RECORDS.awaitingApproval)))
    const { WebClient } = await import('@slack/web-api')
    const client = new WebClient(workspace.tokens.bot, { slackApiUrl: workspace.slackApiUrl })
    const value = JSON.stringify({ incidentId: INCIDENT })
    const { ts = '' } = await client.chat.postMessage({
      channel: CHANNEL,
      text: 'old',
      blocks: [
        {
          type: 'actions',
          elements: [
            { type: 'button', action_id: 'promote', value, text: { type: 'plain_text', text: 'Promote' } },
          ],
        },
      ],
    })
    await workspace.actAs(LEAD).click({ ts, actionId: 'promote' })
    const whisper = await workspace.waitFor(() => workspace.ephemerals(LEAD)[0], 2_000)
    expect(whisper.text).toContain('I do not know this button')
  })

  it('repairs what changed while it was away, and posts nothing twice', async () => {
    const workspace = await workspaceOf()
    const deliveries = memoryDeliveries()
    const first = memoryJournal(RECORDS.awaitingApproval)
    const bot = await started(depsFor(workspace, first, { deliveries }))
    await bot.stop()
    const before = workspace.messages(CHANNEL).length
    await started(depsFor(workspace, memoryJournal(RECORDS.closed), { deliveries }))
    expect(buttonsOf(rootOf(workspace))).toEqual(['showEvidence', 'showDiff'])
    expect(workspace.messages(CHANNEL)).toHaveLength(before + 1) // the summary at the end
    expect(rootOf(workspace).text).toContain('Closed')
  })

  it('opens a new thread when somebody deletes the root, and leaves no message of the old one', async () => {
    const workspace = await workspaceOf()
    const journal = memoryJournal(RECORDS.awaitingApproval)
    const bot = await started(depsFor(workspace, journal))
    const old = rootOf(workspace).ts
    workspace.deleteMessage(CHANNEL, old)
    journal.commit(RECORDS.pausedApproval)
    await bot.idle()
    const messages = workspace.messages(CHANNEL)
    const root = messages.find((message) => message.metadata?.event_payload.key === 'root')
    expect(root?.ts).not.toBe(old)
    expect(messages).toHaveLength(7)
    expect(
      messages
        .filter((message) => message.ts !== root?.ts)
        .every((message) => message.thread_ts === root?.ts),
    ).toBe(true)
  })

  it('says it in a plainer form, with the buttons, when Slack refuses the blocks', async () => {
    const workspace = await workspaceOf()
    const answer = { kind: 'error', error: 'invalid_blocks' } as const
    workspace.faults.add({ on: 'chat.postMessage', times: 1, answer })
    await started(depsFor(workspace, memoryJournal(RECORDS.opened)))
    const root = rootOf(workspace)
    expect(root.blocks?.map((block) => block.type)).toEqual(['section', 'actions'])
    expect(root.text).toContain('Looking for the cause')
    expect(buttonsOf(root)).toEqual(['pause', 'escalate'])
  })

  it('waits as long as Slack asks when it is rate-limited, then posts once', async () => {
    const workspace = await workspaceOf()
    const answer = { kind: 'rateLimited', retryAfterSec: 1 } as const
    workspace.faults.add({ on: 'chat.postMessage', times: 1, answer })
    const bot = await started(depsFor(workspace, memoryJournal(RECORDS.opened)))
    await workspace.waitFor(() => workspace.messages(CHANNEL).length === 1, 5_000)
    await bot.idle()
    expect(workspace.messages(CHANNEL)).toHaveLength(1)
  })

  it('does not double a message whose answer was lost on the way', async () => {
    const workspace = await workspaceOf()
    const answer = { kind: 'silentAfterAccepting', holdMs: 10 } as const
    workspace.faults.add({ on: 'chat.postMessage', times: 2, answer })
    const bot = await started(depsFor(workspace, memoryJournal(RECORDS.diagnosed)))
    await workspace.waitFor(() => workspace.messages(CHANNEL).length === 2, 5_000)
    await bot.idle()
    const keys = workspace.messages(CHANNEL).map((message) => message.metadata?.event_payload.key)
    expect(keys).toEqual(['root', 'diagnosis'])
  })
})

describe('a bot that is not installed rightly', () => {
  it('names every missing scope and what it is for', async () => {
    const workspace = await workspaceOf({
      tokens: { bot: { scopes: ['chat:write', 'commands', 'channels:read'] } },
    })
    const bot = createBot(depsFor(workspace, memoryJournal()))
    await expect(bot.start()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringMatching(/app_mentions:read.*channels:history.*channels:join.*files:write/),
      mend: expect.stringContaining('install the app again'),
    })
  })

  it('says that the channel does not exist', async () => {
    const workspace = await workspaceOf()
    const deps = depsFor(workspace, memoryJournal())
    const bot = createBot({ ...deps, settings: { ...deps.settings, channel: 'CNOWHERE00' } })
    await expect(bot.start()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('CNOWHERE00 does not exist'),
    })
  })

  it('joins a public channel by itself, and asks for an invitation to a private one', async () => {
    const channels = [
      { id: 'CINCIDENTS', name: 'incidents', botIsMember: false },
      { id: 'CPRIVATE01', name: 'private', botIsMember: false, isPrivate: true },
    ]
    const workspace = await workspaceOf({ channels })
    const deps = depsFor(workspace, memoryJournal(RECORDS.opened))
    await started(deps)
    expect(rootOf(workspace).text).toContain('gateway')
    const other = createBot({ ...deps, settings: { ...deps.settings, channel: 'CPRIVATE01' } })
    await expect(other.start()).rejects.toMatchObject({
      code: 'bad-config',
      mend: expect.stringContaining('/invite'),
    })
  })

  it('says that the bot token is refused', async () => {
    const workspace = await workspaceOf()
    const deps = depsFor(workspace, memoryJournal())
    const bot = createBot({ ...deps, settings: { ...deps.settings, botToken: 'xoxb-wrong' } })
    await expect(bot.start()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('invalid_auth'),
    })
  })

  it('says that the app token is refused', async () => {
    const workspace = await workspaceOf()
    const deps = depsFor(workspace, memoryJournal())
    const settings = { ...deps.settings, receiver: { mode: 'socket', appToken: 'xapp-wrong' } as const }
    await expect(createBot({ ...deps, settings }).start()).rejects.toMatchObject({
      code: 'bad-config',
      mend: expect.stringContaining('connections:write'),
    })
  })
})
