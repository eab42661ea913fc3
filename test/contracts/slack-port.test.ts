import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorkspace, type Workspace } from '../../demo/workspace/workspace.ts'
import type { SlackPort } from '../../src/bot/delivery/slack-port.ts'
import { webClient, webSlack } from '../../src/bot/delivery/web-slack.ts'
import { section } from '../../src/bot/views/blocks.ts'
import { fakeSlack } from '../support/fake-slack.ts'

/** What the delivery relies on, of Slack's Web API and of the fake alike. */
interface Subject {
  readonly slack: SlackPort
  /** Deletes a message as somebody in Slack would. */
  delete(ts: string): void
}

const CHANNEL = 'CINCIDENTS'
let workspace: Workspace

const subjects: Readonly<Record<string, () => Subject>> = {
  'the fake': () => {
    const slack = fakeSlack()
    return { slack, delete: (ts) => slack.delete(ts) }
  },
  'the Web API': () => {
    const settings = { botToken: workspace.tokens.bot, slackApiUrl: workspace.slackApiUrl }
    const client = webClient(settings, 2_000, pino({ level: 'silent' }))
    return { slack: webSlack(client, 2_000), delete: (ts) => workspace.deleteMessage(CHANNEL, ts) }
  },
}

beforeAll(async () => {
  workspace = await startWorkspace({ rateLimits: 'off' })
})
afterAll(() => workspace.close())

let incidents = 0
const message = (key: string, incidentId: string) => ({
  channel: CHANNEL,
  text: key,
  blocks: [section(key)],
  incidentId,
  key,
})

describe.each(Object.entries(subjects))('Slack, as %s', (_, create) => {
  async function thread() {
    const { slack, ...hands } = create()
    const incidentId = `pd-${++incidents}`
    const root = await slack.post({ ...message('root', incidentId), threadTs: null })
    if (root.kind !== 'sent') throw new Error(root.kind)
    return { slack, incidentId, rootTs: root.ts, ...hands }
  }

  it('puts a reply into its thread', async () => {
    const { slack, incidentId, rootTs } = await thread()
    const reply = await slack.post({ ...message('diagnosis', incidentId), threadTs: rootTs })
    expect(reply).toMatchObject({ kind: 'sent', threadTs: rootTs })
  })

  it('takes a reply to a deleted root, but beside the thread', async () => {
    const { slack, incidentId, rootTs, delete: remove } = await thread()
    remove(rootTs)
    const reply = await slack.post({ ...message('diagnosis', incidentId), threadTs: rootTs })
    expect(reply.kind === 'sent' ? reply.threadTs : reply.kind).not.toBe(rootTs)
  })

  it('edits a message, and says when it is gone', async () => {
    const { slack, incidentId, rootTs, delete: remove } = await thread()
    const edit = { ...message('root', incidentId), ts: rootTs, text: 'edited' }
    expect(await slack.update(edit)).toEqual({ kind: 'sent' })
    remove(rootTs)
    expect(await slack.update(edit)).toEqual({ kind: 'messageGone' })
  })

  it('finds a message of ours by incident and key, and no other', async () => {
    const { slack, incidentId, rootTs } = await thread()
    const reply = await slack.post({ ...message('diagnosis', incidentId), threadTs: rootTs })
    const wanted = { channel: CHANNEL, sinceMs: Date.now() - 60_000, incidentId }
    expect(await slack.find({ ...wanted, threadTs: null, key: 'root' })).toBe(rootTs)
    const found = await slack.find({ ...wanted, threadTs: rootTs, key: 'diagnosis' })
    expect(found).toBe(reply.kind === 'sent' ? reply.ts : null)
    expect(await slack.find({ ...wanted, threadTs: rootTs, key: 'gates' })).toBeNull()
    expect(await slack.find({ ...wanted, threadTs: null, key: 'root', incidentId: 'pd-NONE' })).toBeNull()
  })

  it('still finds a message after it was edited', async () => {
    const { slack, incidentId, rootTs } = await thread()
    await slack.update({ ...message('root', incidentId), ts: rootTs, text: 'edited' })
    const wanted = { channel: CHANNEL, sinceMs: Date.now() - 60_000, incidentId, threadTs: null, key: 'root' }
    expect(await slack.find(wanted)).toBe(rootTs)
  })

  it('removes a message, also one that is gone already', async () => {
    const { slack, incidentId, rootTs } = await thread()
    await slack.remove(CHANNEL, rootTs)
    await slack.remove(CHANNEL, rootTs)
    expect(await slack.update({ ...message('root', incidentId), ts: rootTs })).toEqual({
      kind: 'messageGone',
    })
  })

  it('stores a picture', async () => {
    const { slack } = await thread()
    const id = await slack.upload({ bytes: Buffer.from('png'), filename: 'canary-1.png', alt: 'a graph' })
    expect(id).toMatch(/^F/)
  })
})

describe('the Web API', () => {
  const slackOf = (): SlackPort => subjects['the Web API']!().slack
  const posting = async () => await slackOf().post({ ...message('root', 'pd-X'), threadTs: null })

  it.each([
    [
      'rate-limited',
      { kind: 'rateLimited', retryAfterSec: 7 },
      { code: 'rate-limited', retryable: true, retryAfterMs: 7_000 },
    ],
    ['broken', { kind: 'status', status: 503 }, { code: 'unavailable', retryable: true }],
    ['in trouble', { kind: 'error', error: 'internal_error' }, { code: 'unavailable', retryable: true }],
    [
      'refusing the token',
      { kind: 'error', error: 'token_revoked' },
      { code: 'unauthorised', retryable: false },
    ],
    ['not ours', { kind: 'error', error: 'not_in_channel' }, { code: 'bad-config', retryable: false }],
    ['silent', { kind: 'silentAfterAccepting', holdMs: 10 }, { code: 'unavailable', retryable: true }],
  ] as const)('%s is a fault that says what to do', async (_, answer, fault) => {
    workspace.faults.add({ on: 'chat.postMessage', times: 1, answer })
    await expect(posting()).rejects.toMatchObject(fault)
  })

  it.each([
    ['invalid_blocks', 'content'],
    ['msg_too_long', 'content'],
  ] as const)('answers %s as a refusal of the %s', async (error, part) => {
    workspace.faults.add({ on: 'chat.postMessage', times: 1, answer: { kind: 'error', error } })
    expect(await posting()).toMatchObject({ kind: 'refused', part })
  })

  it('answers a picture that is not there as a refusal of the image alone', async () => {
    const image = { type: 'image', alt_text: 'a', slack_file: { id: 'FNONE' } } as const
    const answer = await slackOf().post({ ...message('rollout', 'pd-X'), blocks: [image], threadTs: null })
    expect(answer).toMatchObject({ kind: 'refused', part: 'image' })
  })
})
