import { LogLevel } from '@slack/bolt'
import { SocketModeClient } from '@slack/socket-mode'
import { afterEach, describe, expect, it } from 'vitest'
import { Bench, button, incidents, lead, onCall, section } from './support.ts'

const bench = new Bench()
afterEach(() => bench.close())

const approval = (text: string) => ({
  channel: incidents,
  text,
  blocks: [
    section(text),
    {
      type: 'actions' as const,
      elements: [button('approve', 'Approve', '42'), button('reject', 'Reject', '42')],
    },
  ],
})

describe('an unmodified Bolt app in Socket Mode', () => {
  it('connects, receives a click, acknowledges it and updates the message in place', async () => {
    const workspace = await bench.workspace()
    const app = await bench.app(workspace, (bolt) => {
      bolt.action('approve', async ({ ack, body, client, action }) => {
        await ack()
        const value = action.type === 'button' ? action.value : ''
        const ts = 'message' in body ? (body.message?.ts ?? '') : ''
        await client.chat.update({
          channel: incidents,
          ts,
          text: `approved ${value} by <@${body.user.id}>`,
          blocks: [],
        })
      })
    })
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))

    const ack = await workspace.actAs(lead).click({ ts, actionId: 'approve' })
    const text = await workspace.waitFor(
      () => workspace.thread(ts).find((message) => message.text.startsWith('approved'))?.text,
      2000,
    )

    expect(ack.kind).toBe('acked')
    expect(text).toBe(`approved 42 by <@${lead}>`)
    expect(workspace.thread(ts)[0]?.blocks).toBeUndefined()
  })

  it('opens a modal from a click and gets its submission, with errors first', async () => {
    const workspace = await bench.workspace()
    const reasons: string[] = []
    const app = await bench.app(workspace, (bolt) => {
      bolt.action('reject', async ({ ack, body, client }) => {
        await ack()
        const trigger = 'trigger_id' in body ? body.trigger_id : ''
        await client.views.open({
          trigger_id: trigger,
          view: {
            type: 'modal',
            callback_id: 'reason',
            title: { type: 'plain_text', text: 'Reject' },
            submit: { type: 'plain_text', text: 'Send' },
            blocks: [
              {
                type: 'input',
                block_id: 'why',
                label: { type: 'plain_text', text: 'Why?' },
                element: { type: 'plain_text_input', action_id: 'text' },
              },
            ],
          },
        })
      })
      bolt.view('reason', async ({ ack, view }) => {
        const reason = view.state.values.why?.text?.value ?? ''
        reasons.push(reason)
        if (reason.length < 5) await ack({ response_action: 'errors', errors: { why: 'Say a little more' } })
        else await ack()
      })
    })
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))
    const person = workspace.actAs(onCall)
    await person.click({ ts, actionId: 'reject' })
    await workspace.waitFor(() => workspace.openModal(onCall), 2000)

    const empty = await person.submitModal({ values: {} })
    const short = await person.submitModal({ values: { why: { text: 'no' } } })
    const good = await person.submitModal({ values: { text: 'tests are red' } })

    expect(empty).toEqual({ kind: 'errors', errors: { why: 'Please complete this required field.' } })
    expect(short).toEqual({ kind: 'errors', errors: { why: 'Say a little more' } })
    expect(good).toEqual({ kind: 'closed' })
    expect(reasons).toEqual(['no', 'tests are red'])
    expect(workspace.openModal(onCall)).toBeNull()
  })

  it('hears messages, mentions and slash commands, and answers through the response URL', async () => {
    const workspace = await bench.workspace()
    const heard: string[] = []
    await bench.app(workspace, (bolt) => {
      bolt.message(async ({ message }) => void heard.push(`message ${'text' in message ? message.text : ''}`))
      bolt.event(
        'app_mention',
        async ({ event, say }) => void (await say({ text: 'here', thread_ts: event.ts })),
      )
      bolt.command('/ccp', async ({ ack, command, respond }) => {
        await ack()
        await respond({ text: `you said ${command.text}`, response_type: 'ephemeral' })
      })
    })
    const person = workspace.actAs(onCall)
    const ts = await person.post('@CCP are you there?')
    await workspace.waitFor(() => workspace.thread(ts).some((message) => message.text === 'here'), 2000)
    await person.slash('/ccp status now')
    await workspace.waitFor(() => workspace.ephemerals(onCall).length > 0, 2000)

    expect(heard[0]).toBe(`message <@${workspace.botUserId}> are you there?`)
    expect(workspace.ephemerals(onCall).map((message) => message.text)).toEqual(['you said status now'])
    expect(workspace.thread(ts)[0]).toMatchObject({ reply_count: 1, reply_users: [workspace.botUserId] })
  })

  it('hears of its own edits and of a root that somebody deleted', async () => {
    const workspace = await bench.workspace()
    const heard: string[] = []
    const both = Promise.withResolvers<void>()
    const app = await bench.app(workspace, (bolt) =>
      bolt.event('message', async ({ event }) => {
        if (event.subtype === 'message_changed' && 'text' in event.message)
          heard.push(`changed to ${event.message.text}`)
        if (event.subtype === 'message_deleted') heard.push(`deleted ${event.deleted_ts}`)
        if (heard.length === 2) both.resolve()
      }),
    )
    const { ts = '' } = await app.client.chat.postMessage({ channel: incidents, text: 'one' })
    await app.client.chat.update({ channel: incidents, ts, text: 'two' })
    workspace.deleteMessage(incidents, ts)
    await both.promise
    expect(heard).toEqual(['changed to two', `deleted ${ts}`])
  })

  it('is told apart from a command nobody registered', async () => {
    const workspace = await bench.workspace()
    await bench.app(workspace)
    await workspace.actAs(onCall).post('/deploy now')
    expect(workspace.ephemerals(onCall)[0]?.text).toContain('*/deploy* is not a valid command')
  })
})

describe('acknowledgements', () => {
  it('shows a click the app never acknowledged as failed, and lets the person click again', async () => {
    const workspace = await bench.workspace({ timing: { ackTimeoutMs: 40 } })
    const app = await bench.app(workspace, (bolt) => bolt.action('approve', async () => undefined))
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))
    const person = workspace.actAs(onCall)

    const first = person.click({ ts, actionId: 'approve' })
    expect(workspace.pendingClicks(onCall)).toMatchObject([{ actionId: 'approve', state: 'waiting' }])
    await expect(person.click({ ts, actionId: 'approve' })).rejects.toThrow('"approve" is disabled')

    expect((await first).kind).toBe('timeout')
    expect(workspace.pendingClicks(onCall)).toMatchObject([{ actionId: 'approve', state: 'failed' }])
    expect((await person.click({ ts, actionId: 'approve' })).kind).toBe('timeout')
  })

  it('delivers an unacknowledged event again with its retry number, and stops once it is acknowledged', async () => {
    const workspace = await bench.workspace({ timing: { ackTimeoutMs: 30, redeliveryDelaysMs: [0, 10, 10] } })
    const client = new SocketModeClient({
      appToken: workspace.tokens.app,
      clientOptions: { slackApiUrl: workspace.slackApiUrl },
      logLevel: LogLevel.ERROR,
    })
    const seen: { id: string; attempt: number }[] = []
    const acknowledged = new Promise<void>((resolve) => {
      client.on('message', async ({ body, retry_num, ack }) => {
        seen.push({ id: body.event_id, attempt: retry_num })
        if (retry_num < 2) return
        await ack()
        resolve()
      })
    })
    await client.start()
    bench.onClose(() => client.disconnect())
    await workspace.actAs(onCall).post('hello')
    await acknowledged
    // Long enough for a third retry, had the acknowledgement not ended them.
    await workspace.waitFor(() => seen.length > 3, 80).catch(() => undefined)

    expect(seen.map((entry) => entry.attempt)).toEqual([0, 1, 2])
    expect(new Set(seen.map((entry) => entry.id)).size).toBe(1)
  })

  it('fails a click at once when no app is connected', async () => {
    const workspace = await bench.workspace()
    const app = await bench.app(workspace)
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))
    await app.stop()
    await workspace.waitFor(() => workspace.connections() === 0, 2000)
    expect((await workspace.actAs(onCall).click({ ts, actionId: 'approve' })).kind).toBe('notConnected')
  })

  it('brings the app back on a new connection after a refresh', async () => {
    const workspace = await bench.workspace()
    const app = await bench.app(workspace, (bolt) => bolt.action('approve', async ({ ack }) => await ack()))
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))
    workspace.requestRefresh()
    await workspace.waitFor(() => workspace.connections() === 0, 3000)
    await workspace.waitFor(() => workspace.connections() === 1, 5000)
    expect((await workspace.actAs(onCall).click({ ts, actionId: 'approve' })).kind).toBe('acked')
  })
})

describe('clicking', () => {
  it('names what is there when the button is not', async () => {
    const workspace = await bench.workspace()
    const app = await bench.app(workspace)
    const { ts = '' } = await app.client.chat.postMessage(approval('Deploy?'))
    const person = workspace.actAs(onCall)
    await expect(person.click({ ts, actionId: 'pause' })).rejects.toThrow(
      'no "pause" to click there; there is: approve=42, reject=42',
    )
    await expect(person.click({ ts, actionId: 'approve', value: '7' })).rejects.toThrow(
      'no "approve" with value "7"',
    )
    await expect(person.click({ ts: '1.000001', actionId: 'approve' })).rejects.toThrow('no message 1.000001')
  })
})
