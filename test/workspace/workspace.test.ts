import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { startWorkspace } from '../../demo/workspace/workspace.ts'
import type { Workspace } from '../../demo/workspace/workspace.ts'
import { Bench, button, incidents, lead, onCall, section, webClient } from './support.ts'

const bench = new Bench()
afterEach(() => bench.close())

const post = async (workspace: Workspace, path: string, body: object, type = 'application/json') => {
  const answer = await fetch(workspace.url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  })
  return {
    status: answer.status,
    body: (await answer.json()) as { ok: boolean; error?: string; result?: unknown },
  }
}

describe('starting', () => {
  it('says which port is taken', async () => {
    const workspace = await bench.workspace()
    const port = Number(new URL(workspace.url).port)
    await expect(startWorkspace({ port })).rejects.toThrow(
      `port ${port} is in use; choose another port for the workspace`,
    )
    await expect(startWorkspace({ smtpPort: workspace.smtp.port })).rejects.toThrow(
      `port ${workspace.smtp.port} for mail is in use`,
    )
  })

  it('names every mistake in its options at once', async () => {
    const user = { id: 'U1', name: 'On-call engineer', role: 'on-call' }
    await expect(startWorkspace({ users: [user, user], channels: [] })).rejects.toThrow(
      'user id "U1" is given twice; channels must name at least one channel',
    )
  })

  it('runs two workspaces side by side without sharing anything', async () => {
    const [one, two] = [await bench.workspace(), await bench.workspace()]
    await one.actAs(onCall).post('hello')
    expect(one.messages('incidents')).toHaveLength(1)
    expect(two.messages('incidents')).toHaveLength(0)
  })
})

describe('acting over HTTP', () => {
  it('clicks and posts like the page does, and says why it cannot', async () => {
    const workspace = await bench.workspace()
    const { ts = '' } = await webClient(workspace).chat.postMessage({
      channel: incidents,
      text: 'x',
      blocks: [{ type: 'actions', elements: [button('go', 'Go')] }],
    })
    expect((await post(workspace, '/demo/act', { as: lead, act: 'click', ts, actionId: 'go' })).body).toEqual(
      { ok: true, result: { kind: 'ack', ack: { kind: 'notConnected' } } },
    )
    expect(
      (await post(workspace, '/demo/act', { as: lead, act: 'click', ts, actionId: 'stop' })).body.error,
    ).toContain('no "stop" to click there')
    expect(
      (await post(workspace, '/demo/act', { as: 'UNOBODY', act: 'post', channel: 'incidents', text: 'x' }))
        .body.error,
    ).toBe('nobody here is UNOBODY')
    expect((await post(workspace, '/demo/act', { as: lead, act: 'fly' })).body.error).toContain(
      '"fly" is nothing a person can do',
    )
  })

  it('takes no act from a form of a foreign page', async () => {
    const workspace = await bench.workspace()
    const answer = await post(
      workspace,
      '/demo/act',
      { as: lead, act: 'post', channel: 'incidents', text: 'x' },
      'text/plain',
    )
    expect(answer.status).toBe(415)
    expect(workspace.messages('incidents')).toEqual([])
  })

  it('runs the demo’s controls and no others', async () => {
    const ran: string[] = []
    const workspace = await bench.workspace({
      controls: [{ id: 'fault', label: 'Fault', description: '' }],
      onControl: (id) => void ran.push(id),
    })
    expect((await post(workspace, '/demo/controls/fault', {})).body.ok).toBe(true)
    expect((await post(workspace, '/demo/controls/other', {})).body.error).toBe('there is no control "other"')
    expect(ran).toEqual(['fault'])
  })

  it('answers unknown paths and bodies with sentences', async () => {
    const workspace = await bench.workspace()
    expect((await fetch(`${workspace.url}/nothing/here`)).status).toBe(404)
    expect((await fetch(`${workspace.url}/page/../workspace.ts`)).status).toBe(404)
    expect((await post(workspace, '/demo/act', [])).body.error).toContain('send a JSON object')
  })
})

describe('live changes', () => {
  it('sends a snapshot and then every change, but no whisper meant for somebody else', async () => {
    const workspace = await bench.workspace()
    const stream = await fetch(`${workspace.url}/demo/events?as=${lead}`)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (!reader) throw new Error('the stream has no body')
    let text = ''
    const readUntil = async (wanted: string) => {
      while (!text.includes(wanted)) text += (await reader.read()).value ?? ''
    }
    await readUntil('event: snapshot')
    await webClient(workspace).chat.postEphemeral({ channel: incidents, user: onCall, text: 'psst' })
    await workspace.actAs(onCall).post('hello everybody')
    await readUntil('hello everybody')
    await reader.cancel()
    expect(text).not.toContain('psst')
  })
})

describe('the transcript', () => {
  it('holds threads with blocks and buttons, whispers, PagerDuty notes and mail', async () => {
    const workspace = await bench.workspace()
    const client = webClient(workspace)
    const { ts = '' } = await client.chat.postMessage({
      channel: incidents,
      text: 'root',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'gateway: 5xx' } },
        section('*cause* payment'),
        { type: 'actions', elements: [button('approve', 'Approve', '42')] },
      ],
    })
    await workspace.actAs(onCall).post('on it', ts)
    await client.chat.postEphemeral({ channel: incidents, user: onCall, text: 'ask the lead' })
    const { id, number } = workspace.pagerduty.trigger({ service: 'gateway', title: '5xx' })
    workspace.pagerduty.note(id, 'cause: payment')
    await createTransport({ ...workspace.smtp, secure: false }).sendMail({
      from: 'a@example.com',
      to: 'b@example.com',
      subject: 'Approval waits',
      text: 'please look',
    })
    const text = workspace.transcript()
    for (const part of [
      '## #incidents',
      '### gateway: 5xx',
      '[Approve](approve=42)',
      '> on it',
      'To On-call engineer',
      'ask the lead',
      `#${number} 5xx (gateway): triggered`,
      'note by On-call engineer: cause: payment',
      '### Approval waits',
    ]) {
      expect(text).toContain(part)
    }
  })
})

describe('waiting', () => {
  it('gives up with a sentence that names what was waited for', async () => {
    const workspace = await bench.workspace()
    await expect(workspace.waitFor(() => false, 10, 'a reply')).rejects.toThrow(
      'waited 10 ms for a reply, which did not come',
    )
  })
})
