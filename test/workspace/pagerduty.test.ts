import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { api } from '@pagerduty/pdjs'
import { afterEach, describe, expect, it } from 'vitest'
import type { Workspace } from '../../demo/workspace/workspace.ts'
import { Bench, onCall } from './support.ts'

const bench = new Bench()
afterEach(() => bench.close())

interface Hook {
  readonly body: string
  readonly signature: string
  readonly event: {
    id: string
    event_type: string
    data: { id: string; status: string; title: string; service: { summary: string } }
  }
}

/** A webhook receiver that answers with the statuses it is given, then with 202. */
async function receiver(statuses: readonly number[] = []) {
  const hooks: Hook[] = []
  const answers = [...statuses]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      hooks.push({
        body,
        signature: String(request.headers['x-pagerduty-signature']),
        event: (JSON.parse(body) as { event: Hook['event'] }).event,
      })
      const status = answers.shift() ?? 202
      // Status 0 stands for a receiver that never answers.
      if (status > 0) response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  bench.onClose(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { hooks, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/pagerduty` }
}

const settled = (workspace: Workspace, count: number) =>
  workspace.waitFor(() => {
    const done = workspace.pagerduty
      .deliveries()
      .filter((delivery) => ['delivered', 'dropped'].includes(delivery.state))
    return done.length >= count && done
  }, 3000)

const quick = { timeoutMs: 50, retryDelaysMs: [5, 5, 5] }

describe('webhooks', () => {
  it('signs the raw body with every secret, in the true v3 shape', async () => {
    const { hooks, url } = await receiver()
    const workspace = await bench.workspace({
      pagerduty: { webhookUrl: url, webhookSecrets: ['old', 'new'] },
    })
    const incident = workspace.pagerduty.trigger({ service: 'gateway', title: 'gateway: 5xx' })
    await settled(workspace, 1)
    const [hook] = hooks
    const expected = ['old', 'new'].map(
      (secret) =>
        `v1=${createHmac('sha256', secret)
          .update(hook?.body ?? '')
          .digest('hex')}`,
    )
    expect(hook?.signature).toBe(expected.join(','))
    expect(hook?.event).toMatchObject({
      event_type: 'incident.triggered',
      resource_type: 'incident',
      data: {
        id: incident.id,
        type: 'incident',
        status: 'triggered',
        title: 'gateway: 5xx',
        service: { type: 'service_reference', summary: 'gateway' },
      },
    })
  })

  it('retries 5xx, 429 and silence with the same event, and keeps the order within an incident', async () => {
    const { hooks, url } = await receiver([500, 429, 0])
    const workspace = await bench.workspace({ pagerduty: { webhookUrl: url, timing: quick } })
    const incident = workspace.pagerduty.trigger({ service: 'gateway', title: 'x' })
    workspace.pagerduty.acknowledge(incident.id)
    const [first] = await settled(workspace, 2)
    expect(first?.attempts.map((attempt) => attempt.result)).toEqual(['500', '429', 'timed out', '202'])
    expect(hooks.map((hook) => hook.event.event_type)).toEqual([
      ...Array<string>(4).fill('incident.triggered'),
      'incident.acknowledged',
    ])
    expect(new Set(hooks.slice(0, 4).map((hook) => hook.event.id)).size).toBe(1)
  })

  it('drops an event on 4xx and disables the subscription after three drops in a row', async () => {
    const { hooks, url } = await receiver([400, 401, 404])
    const workspace = await bench.workspace({ pagerduty: { webhookUrl: url, timing: quick } })
    for (const title of ['a', 'b', 'c']) {
      workspace.pagerduty.trigger({ service: 'gateway', title })
      await settled(workspace, hooks.length + 1)
    }
    workspace.pagerduty.trigger({ service: 'gateway', title: 'd' })
    expect(workspace.pagerduty.deliveries().map((delivery) => delivery.state)).toEqual([
      'dropped',
      'dropped',
      'dropped',
    ])
    expect(workspace.pagerduty.webhooks.subscriptions[0]?.active).toBe(false)
    expect(hooks).toHaveLength(3)
  })

  it('tells of acknowledging, notes, escalating, resolving and reopening, keeping the incident id', async () => {
    const { hooks, url } = await receiver()
    const workspace = await bench.workspace({ pagerduty: { webhookUrl: url } })
    const { pagerduty } = workspace
    const { id } = pagerduty.trigger({ service: 'payment', title: 'x' })
    pagerduty.acknowledge(id)
    pagerduty.note(id, 'looking')
    pagerduty.escalate(id)
    pagerduty.resolve(id)
    pagerduty.resolve(id)
    pagerduty.reopen(id)
    await settled(workspace, 6)
    expect(hooks.map((hook) => hook.event.event_type.replace('incident.', ''))).toEqual([
      'triggered',
      'acknowledged',
      'annotated',
      'escalated',
      'resolved',
      'reopened',
    ])
    expect(hooks.at(-1)?.event.data).toMatchObject({ id, status: 'triggered' })
  })
})

describe('REST v2, through the real client', () => {
  const client = (workspace: Workspace, token = workspace.tokens.pagerduty) => {
    const pd = api({ token })
    const url = (path: string) => `${workspace.pagerdutyUrl}${path}`
    const from = { From: 'on-call-engineer@example.com' }
    return {
      get: async (path: string) => await pd.get('', { url: url(path) }),
      all: async (path: string) => await pd.all('', { url: url(path) }),
      put: async (path: string, data: object, headers: object = from) =>
        await pd.put('', { url: url(path), data, headers } as never),
      post: async (path: string, data: object, headers: object = from) =>
        await pd.post('', { url: url(path), data, headers } as never),
    }
  }

  it('lists, filters and pages incidents', async () => {
    const workspace = await bench.workspace()
    for (let index = 0; index < 30; index++)
      workspace.pagerduty.trigger({ service: index % 2 ? 'gateway' : 'payment', title: `t${index}` })
    workspace.pagerduty.resolve(workspace.pagerduty.incidents()[0]?.id ?? '')
    const pd = client(workspace)
    const page = await pd.get('/incidents?statuses[]=triggered&limit=10')
    const all = await pd.all('/incidents?statuses[]=triggered&limit=10&offset=0')
    const payment = workspace.pagerduty.incidents().find((incident) => incident.service.name === 'payment')
      ?.service.id
    const filtered = await pd.get(`/incidents?service_ids[]=${payment}&limit=100`)
    expect(page.data).toMatchObject({ limit: 10, offset: 0, more: true })
    expect((all.resource as unknown[]).length).toBe(29)
    expect((filtered.data as { incidents: unknown[] }).incidents).toHaveLength(15)
    expect(page.response.headers.get('ratelimit-limit')).toBe('960')
  })

  it('acknowledges, resolves and writes notes for a known requester only', async () => {
    const workspace = await bench.workspace()
    const { id } = workspace.pagerduty.trigger({ service: 'gateway', title: 'x' })
    const pd = client(workspace)
    const update = { incident: { type: 'incident_reference', status: 'acknowledged' } }
    const anonymous = await pd.put(`/incidents/${id}`, update, {})
    const stranger = await pd.put(`/incidents/${id}`, update, { From: 'nobody@example.com' })
    const known = await pd.put(`/incidents/${id}`, update)
    const note = await pd.post(`/incidents/${id}/notes`, { note: { content: 'cause: payment' } })
    expect(anonymous.response.status).toBe(400)
    expect(anonymous.data).toMatchObject({ error: { code: 2001, errors: ['From header is required'] } })
    expect(stranger.data).toMatchObject({ error: { code: 1008, message: 'Requester User Not Found' } })
    expect(known.data).toMatchObject({ incident: { id, status: 'acknowledged' } })
    expect(note.response.status).toBe(201)
    expect(workspace.pagerduty.notes(id)).toMatchObject([{ content: 'cause: payment', by: { id: onCall } }])
    await pd.put('/incidents', { incidents: [{ id, type: 'incident_reference', status: 'resolved' }] })
    expect(workspace.pagerduty.incidents()[0]?.status).toBe('resolved')
  })

  it('refuses a wrong token, unknown incidents and malformed times', async () => {
    const workspace = await bench.workspace()
    const pd = client(workspace)
    expect((await client(workspace, 'wrong').get('/abilities')).response.status).toBe(401)
    expect((await pd.get('/incidents/QNONE')).data).toEqual({ error: { message: 'Not Found', code: 2100 } })
    expect((await pd.get('/incidents?since=yesterday')).response.status).toBe(400)
  })
})

describe('Events API v2', () => {
  const enqueue = async (workspace: Workspace, event: object) => {
    const answer = await fetch(workspace.pagerdutyEventsUrl, { method: 'POST', body: JSON.stringify(event) })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const payload = { summary: 'gateway: 5xx', source: 'prometheus', severity: 'critical' }

  it('deduplicates by key and resolves by key', async () => {
    const workspace = await bench.workspace()
    const event = { routing_key: 'routing-key-gateway', event_action: 'trigger', dedup_key: 'k', payload }
    expect(await enqueue(workspace, event)).toMatchObject({
      status: 202,
      body: { status: 'success', dedup_key: 'k' },
    })
    await enqueue(workspace, event)
    expect(workspace.pagerduty.incidents()).toHaveLength(1)
    await enqueue(workspace, { routing_key: 'routing-key-gateway', event_action: 'resolve', dedup_key: 'k' })
    expect(workspace.pagerduty.incidents()[0]?.status).toBe('resolved')
    await enqueue(workspace, event)
    expect(workspace.pagerduty.incidents()).toHaveLength(2)
  })

  it('names everything that is wrong with an event', async () => {
    const workspace = await bench.workspace()
    const answer = await enqueue(workspace, {
      routing_key: 'nope',
      event_action: 'trigger',
      payload: { summary: 'x', severity: 'bad' },
    })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toEqual([
      "'routing_key' is missing or unknown",
      "'payload.source' is missing or blank",
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ])
  })
})
