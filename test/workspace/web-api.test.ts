import type { KnownBlock } from '@slack/web-api'
import { afterEach, describe, expect, it } from 'vitest'
import { Bench, button, incidents, onCall, outsider, refusalOf, section, webClient } from './support.ts'

const bench = new Bench()
afterEach(() => bench.close())

describe('tokens', () => {
  it('answers auth.test with the scopes in a header', async () => {
    const workspace = await bench.workspace({
      tokens: { bot: { token: 'xoxb-1', scopes: ['chat:write', 'im:write'] } },
    })
    const answer = await webClient(workspace).auth.test()
    expect(answer).toMatchObject({ ok: true, user_id: workspace.botUserId, team_id: 'TWORKSPACE' })
    expect(answer.response_metadata?.scopes).toEqual(['chat:write', 'im:write'])
  })

  it('says which scope a token lacks, and refuses wrong tokens and token types', async () => {
    const workspace = await bench.workspace({ tokens: { bot: { scopes: ['chat:write'] } } })
    const refused = await webClient(workspace)
      .conversations.history({ channel: incidents })
      .catch((error: { data: unknown }) => error.data)
    expect(refused).toMatchObject({
      error: 'missing_scope',
      needed: 'channels:history,groups:history,im:history,mpim:history',
      provided: 'chat:write',
    })
    expect((await refusalOf(webClient(workspace, 'xoxb-wrong').auth.test())).error).toBe('invalid_auth')
    expect((await refusalOf(webClient(workspace, '').auth.test())).error).toBe('not_authed')
    expect((await refusalOf(webClient(workspace).apps.connections.open())).error).toBe(
      'not_allowed_token_type',
    )
    expect((await refusalOf(webClient(workspace).apiCall('chat.postMassage'))).error).toBe('unknown_method')
  })
})

describe('sizes and shapes', () => {
  const actions = (...elements: object[]) => ({ type: 'actions', elements })
  const cases: [string, object[], string][] = [
    [
      'a section text of 3001',
      [section('x'.repeat(3001))],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'a header of 151',
      [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      '26 elements',
      [actions(...Array.from({ length: 26 }, (_, index) => button(`b${index}`, 'B')))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a button text of 76',
      [actions(button('a', 'x'.repeat(76)))],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a button value of 2001',
      [actions(button('a', 'A', 'x'.repeat(2001)))],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'an action_id twice in a block',
      [actions(button('a', 'A'), button('a', 'B'))],
      'action_id "a" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ],
    [
      'a block_id twice',
      [
        { ...section('a'), block_id: 'x' },
        { ...section('b'), block_id: 'x' },
      ],
      'block_id "x" already exists [json-pointer:/blocks/1/block_id]',
    ],
    [
      '51 blocks',
      Array.from({ length: 51 }, () => ({ type: 'divider' })),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    [
      '11 fields',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    ['an unknown block', [{ type: 'sections' }], 'unsupported type: sections [json-pointer:/blocks/0/type]'],
    [
      'a section without text',
      [{ type: 'section' }],
      'missing required field: text or fields [json-pointer:/blocks/0]',
    ],
    [
      'a misspelt property',
      [{ ...section('a'), accesory: {} }],
      'invalid additional property: accesory [json-pointer:/blocks/0]',
    ],
    [
      'mrkdwn in a button',
      [actions({ type: 'button', action_id: 'a', text: { type: 'mrkdwn', text: 'A' } })],
      'unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]',
    ],
    ['an empty text', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    [
      'a confirm text of 301',
      [actions({ ...button('a', 'A'), confirm: { text: { type: 'mrkdwn', text: 'x'.repeat(301) } } })],
      'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]',
    ],
    ['two tables', [table(), table()], 'only one table allowed [json-pointer:/blocks/1]'],
  ]

  it.each(cases)('refuses %s', async (_what, blocks, explanation) => {
    const workspace = await bench.workspace()
    const call = webClient(workspace).chat.postMessage({
      channel: incidents,
      text: 'x',
      blocks: blocks as KnownBlock[],
    })
    expect(await refusalOf(call)).toEqual({ error: 'invalid_blocks', messages: [`[ERROR] ${explanation}`] })
  })

  it('takes every block at its limit', async () => {
    const workspace = await bench.workspace()
    const blocks = [
      section('x'.repeat(3000)),
      { type: 'header', text: { type: 'plain_text', text: 'x'.repeat(150) } },
      actions(
        ...Array.from({ length: 25 }, (_, index) => button(`b${index}`, 'x'.repeat(75), 'v'.repeat(2000))),
      ),
      table(),
      { type: 'markdown', text: '# Title' },
      { type: 'context', elements: Array.from({ length: 10 }, () => ({ type: 'mrkdwn', text: 'x' })) },
    ]
    const answer = await webClient(workspace).chat.postMessage({
      channel: incidents,
      text: 'x',
      blocks: blocks as KnownBlock[],
    })
    expect(answer.ok).toBe(true)
  })

  it('refuses text over 40,000 characters and messages without any', async () => {
    const client = webClient(await bench.workspace())
    expect(
      (await refusalOf(client.chat.postMessage({ channel: incidents, text: 'x'.repeat(40_001) }))).error,
    ).toBe('msg_too_long')
    expect((await refusalOf(client.chat.postMessage({ channel: incidents, text: '' }))).error).toBe('no_text')
    expect((await refusalOf(client.chat.postMessage({ channel: 'CNOWHERE', text: 'x' }))).error).toBe(
      'channel_not_found',
    )
    expect((await refusalOf(client.chat.postMessage({ channel: 'CGENERAL01', text: 'x' }))).error).toBe(
      'not_in_channel',
    )
  })
})

const table = () => ({
  type: 'table',
  rows: [
    [
      { type: 'raw_text', text: 'Gate' },
      { type: 'raw_text', text: 'Result' },
    ],
  ],
})

describe('messages', () => {
  it('posts un-threaded when the root of the thread was deleted', async () => {
    const workspace = await bench.workspace()
    const client = webClient(workspace)
    const root = await client.chat.postMessage({ channel: incidents, text: 'root' })
    const ts = root.ts ?? ''
    const before = await client.chat.postMessage({ channel: incidents, text: 'a reply', thread_ts: ts })
    workspace.deleteMessage(incidents, ts)
    const after = await client.chat.postMessage({ channel: incidents, text: 'too late', thread_ts: ts })
    expect(before.message?.thread_ts).toBe(ts)
    expect(after.ok).toBe(true)
    expect(after.message?.thread_ts).toBeUndefined()
  })

  it('keeps blocks that an update does not mention and removes them for an empty list', async () => {
    const workspace = await bench.workspace()
    const client = webClient(workspace)
    const { ts = '' } = await client.chat.postMessage({
      channel: incidents,
      text: 'one',
      blocks: [section('one')],
    })
    await client.chat.update({ channel: incidents, ts, text: 'two' })
    expect(workspace.thread(ts)[0]).toMatchObject({
      text: 'two',
      blocks: [{ type: 'section' }],
      edited: { user: workspace.botUserId },
    })
    await client.chat.update({ channel: incidents, ts, text: 'three', blocks: [] })
    expect(workspace.thread(ts)[0]?.blocks).toBeUndefined()
  })

  it('finds a message again by its metadata, only when asked to include it', async () => {
    const client = webClient(await bench.workspace())
    const metadata = { event_type: 'ccp_root', event_payload: { incident: 'Q1' } }
    await client.chat.postMessage({ channel: incidents, text: 'root', metadata })
    const plain = await client.conversations.history({ channel: incidents })
    const full = await client.conversations.history({ channel: incidents, include_all_metadata: true })
    expect(plain.messages?.[0]?.metadata).toBeUndefined()
    expect(full.messages?.[0]?.metadata).toEqual(metadata)
  })

  it('pages through a long thread with cursors, losing and repeating nothing', async () => {
    const client = webClient(await bench.workspace())
    const { ts = '' } = await client.chat.postMessage({ channel: incidents, text: 'root' })
    for (let index = 0; index < 24; index++)
      await client.chat.postMessage({ channel: incidents, thread_ts: ts, text: `r${index}` })
    const seen: string[] = []
    for await (const page of client.paginate('conversations.replies', {
      channel: incidents,
      ts,
      limit: 10,
    })) {
      seen.push(
        ...(page as unknown as { messages: { text: string }[] }).messages.map((message) => message.text),
      )
    }
    expect(seen).toEqual(['root', ...Array.from({ length: 24 }, (_, index) => `r${index}`)])
    expect(
      (await refusalOf(client.conversations.replies({ channel: incidents, ts, cursor: 'nonsense' }))).error,
    ).toBe('invalid_cursor')
  })

  it('shows an ephemeral message to one person and to nobody else', async () => {
    const workspace = await bench.workspace()
    await webClient(workspace).chat.postEphemeral({ channel: incidents, user: onCall, text: 'psst' })
    expect(workspace.ephemerals(onCall)).toHaveLength(1)
    expect(workspace.ephemerals(outsider)).toHaveLength(0)
    expect(workspace.messages(incidents)).toHaveLength(0)
  })

  it('deletes, reacts, pins and links', async () => {
    const workspace = await bench.workspace()
    const client = webClient(workspace)
    const { ts = '' } = await client.chat.postMessage({ channel: incidents, text: 'root' })
    await client.reactions.add({ channel: incidents, timestamp: ts, name: 'eyes' })
    await client.pins.add({ channel: incidents, timestamp: ts })
    const { permalink = '' } = await client.chat.getPermalink({ channel: incidents, message_ts: ts })
    expect(
      (await refusalOf(client.reactions.add({ channel: incidents, timestamp: ts, name: 'eyes' }))).error,
    ).toBe('already_reacted')
    expect(workspace.messages(incidents)[0]).toMatchObject({
      reactions: [{ name: 'eyes', count: 1 }],
      pinned_to: [incidents],
    })
    expect((await fetch(permalink)).status).toBe(200)
    await client.chat.delete({ channel: incidents, ts })
    expect(workspace.messages(incidents)).toEqual([])
    expect((await refusalOf(client.chat.update({ channel: incidents, ts, text: 'x' }))).error).toBe(
      'message_not_found',
    )
  })

  it('opens a direct message when a person is the channel', async () => {
    const workspace = await bench.workspace()
    const answer = await webClient(workspace).chat.postMessage({ channel: onCall, text: 'an approval waits' })
    expect(answer.channel).toMatch(/^D/)
    expect(workspace.messages(onCall).map((message) => message.text)).toEqual(['an approval waits'])
  })
})

describe('files', () => {
  const upload = async (
    workspace: Awaited<ReturnType<Bench['workspace']>>,
    name: string,
    bytes: Buffer,
    where: object,
  ) =>
    await webClient(workspace).filesUploadV2({
      ...where,
      file: bytes,
      filename: name,
      title: 'Canary',
    } as never)

  it('shows an upload in its thread once it is processed, and serves its bytes', async () => {
    const workspace = await bench.workspace()
    const { ts = '' } = await webClient(workspace).chat.postMessage({ channel: incidents, text: 'root' })
    await upload(workspace, 'canary.png', Buffer.from('not really a picture'), {
      channel_id: incidents,
      thread_ts: ts,
    })
    expect(workspace.thread(ts)).toHaveLength(1)
    const file = await workspace.waitFor(() => workspace.thread(ts)[1]?.files?.[0], 1000)
    expect(file).toMatchObject({ name: 'canary.png', title: 'Canary', mimetype: 'image/png' })
    expect(await (await fetch(file.url_private)).text()).toBe('not really a picture')
  })

  it('lets an image block use an uploaded file only once it is processed', async () => {
    const workspace = await bench.workspace({ timing: { fileProcessingMs: 30 } })
    const client = webClient(workspace)
    const { files } = (await upload(workspace, 'canary.png', Buffer.from('pixels'), {})) as unknown as {
      files: { files: { id: string }[] }[]
    }
    const id = files[0]?.files[0]?.id ?? ''
    const post = () =>
      client.chat.postMessage({
        channel: incidents,
        text: 'x',
        blocks: [{ type: 'image', alt_text: 'canary', slack_file: { id } }],
      })
    expect(await refusalOf(post())).toEqual({
      error: 'invalid_blocks',
      messages: ['[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]'],
    })
    await expect
      .poll(async () => (await post().catch(() => ({ ok: false }))).ok, { timeout: 1000 })
      .toBe(true)
  })

  it('refuses bytes of another length than announced', async () => {
    const workspace = await bench.workspace()
    const { upload_url: url = '' } = await webClient(workspace).files.getUploadURLExternal({
      filename: 'a.txt',
      length: 3,
    })
    const answer = await fetch(url, { method: 'POST', body: 'four' })
    expect([answer.status, await answer.text()]).toEqual([400, 'expected 3 bytes, got 4'])
  })
})

describe('triggers and response URLs', () => {
  const modal = {
    type: 'modal' as const,
    title: { type: 'plain_text' as const, text: 'Hi' },
    blocks: [section('hello')],
  }

  const clicked = async (timing = {}) => {
    const workspace = await bench.workspace({ timing })
    const bodies: { trigger_id: string; response_url: string }[] = []
    const app = await bench.app(workspace, (bolt) =>
      bolt.action('go', async ({ ack, body }) => {
        bodies.push(body as never)
        await ack()
      }),
    )
    const { ts = '' } = await app.client.chat.postMessage({
      channel: incidents,
      text: 'x',
      blocks: [{ type: 'actions', elements: [button('go', 'Go')] }],
    })
    await workspace.actAs(onCall).click({ ts, actionId: 'go' })
    const body = bodies[0]
    if (!body) throw new Error('the click did not arrive')
    return { workspace, ts, client: webClient(workspace), ...body }
  }

  it('opens one modal for one trigger', async () => {
    const { client, trigger_id } = await clicked()
    expect((await client.views.open({ trigger_id, view: modal })).ok).toBe(true)
    expect((await refusalOf(client.views.open({ trigger_id, view: modal }))).error).toBe(
      'exchanged_trigger_id',
    )
    expect((await refusalOf(client.views.open({ trigger_id: '1.X', view: modal }))).error).toBe(
      'invalid_trigger_id',
    )
  })

  it('refuses a trigger that is too old', async () => {
    const { client, trigger_id } = await clicked({ triggerLifeMs: -1 })
    expect((await refusalOf(client.views.open({ trigger_id, view: modal }))).error).toBe('expired_trigger_id')
  })

  it('checks a view before it uses the trigger up', async () => {
    const { client, trigger_id } = await clicked()
    const wrong = { ...modal, title: { type: 'plain_text' as const, text: 'x'.repeat(25) } }
    expect(await refusalOf(client.views.open({ trigger_id, view: wrong }))).toEqual({
      error: 'invalid_arguments',
      messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'],
    })
    const { view } = await client.views.open({ trigger_id, view: modal })
    const id = view?.id ?? ''
    expect((await refusalOf(client.views.update({ view_id: id, hash: 'stale', view: modal }))).error).toBe(
      'hash_conflict',
    )
    expect(
      (
        await client.views.update({
          view_id: id,
          hash: view?.hash,
          view: { ...modal, blocks: [section('changed')] },
        })
      ).ok,
    ).toBe(true)
  })

  it('lets a response URL be used five times', async () => {
    const { workspace, ts, response_url } = await clicked()
    const send = (body: object) =>
      fetch(response_url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await send({ replace_original: true, text: 'replaced' })).status).toBe(200)
    expect(workspace.thread(ts)[0]).toMatchObject({ text: 'replaced' })
    for (let use = 2; use <= 5; use++) expect((await send({ text: `whisper ${use}` })).status).toBe(200)
    const sixth = await send({ text: 'one more' })
    expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }])
    expect(workspace.ephemerals(onCall)).toHaveLength(4)
  })
})

describe('rate limits and faults', () => {
  it('limits posts to about one a second and channel, with a short burst', async () => {
    const workspace = await bench.workspace({ rateLimits: 'real' })
    const client = webClient(workspace)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        client.chat.postMessage({ channel: incidents, text: String(index) }),
      ),
    )
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as { code: string; retryAfter: number }] : [],
    )
    expect(refused).toHaveLength(4)
    expect(refused[0]).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 })
    expect((await client.chat.postMessage({ channel: onCall, text: 'another channel' })).ok).toBe(true)
  })

  it('injects a 429, a 500 and an answer that never comes, each as often as told', async () => {
    const workspace = await bench.workspace()
    const client = webClient(workspace)
    const post = (text: string) => client.chat.postMessage({ channel: incidents, text })
    workspace.faults.add({
      on: 'chat.postMessage',
      times: 1,
      answer: { kind: 'rateLimited', retryAfterSec: 3 },
    })
    workspace.faults.add({ on: 'chat.postMessage', times: 1, answer: { kind: 'status', status: 500 } })
    workspace.faults.add({
      on: 'chat.postMessage',
      times: 1,
      answer: { kind: 'silentAfterAccepting', holdMs: 5 },
    })
    await expect(post('a')).rejects.toMatchObject({ retryAfter: 3 })
    await expect(post('b')).rejects.toMatchObject({ statusCode: 500 })
    await expect(post('c')).rejects.toMatchObject({ code: 'slack_webapi_request_error' })
    expect((await post('d')).ok).toBe(true)
    // The lost answer's message is there: the caller has to look before it posts again.
    expect(workspace.messages(incidents).map((message) => message.text)).toEqual(['c', 'd'])
  })
})
