import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listen, type Listening } from '../../../src/integrations/http/listen.ts'
import { pagerdutyWebhook } from '../../../src/integrations/pagerduty/webhook.ts'
import type { PageEvent } from '../../../src/pipeline/detection/ports.ts'

const event = {
  event: {
    id: 'E1',
    event_type: 'incident.triggered',
    resource_type: 'incident',
    occurred_at: '2026-03-01T10:00:00.000Z',
    data: {
      id: 'Q1',
      type: 'incident',
      title: 'gateway: errors',
      status: 'triggered',
      urgency: 'high',
      created_at: '2026-03-01T09:59:59Z',
      html_url: 'https://pd.example/incidents/Q1',
      service: { id: 'PGATE', summary: 'gateway' },
    },
  },
}

describe("PagerDuty's webhook", () => {
  let server: Listening
  let accepted: PageEvent[]
  let accept: (news: PageEvent) => void

  beforeEach(async () => {
    accepted = []
    accept = (news) => void accepted.push(news)
    const route = pagerdutyWebhook({
      secrets: ['old', 'new'],
      accept: (news) => accept(news),
      report: () => undefined,
    })
    server = await listen([route], '127.0.0.1', 0)
  })
  afterEach(() => server.close())

  const sign = (body: string, secret: string) =>
    `v1=${createHmac('sha256', secret).update(body).digest('hex')}`

  async function post(body: string, signature: string): Promise<number> {
    const headers = { 'x-pagerduty-signature': signature, 'content-type': 'application/json' }
    return (await fetch(`${server.url}/webhooks/pagerduty`, { method: 'POST', body, headers })).status
  }

  it('accepts an event under any of several signatures and secrets', async () => {
    const body = JSON.stringify(event)
    expect(await post(body, `${sign(body, 'retired')},${sign(body, 'new')}`)).toBe(202)
    expect(accepted).toMatchObject([
      { eventId: 'E1', kind: 'triggered', page: { pagerdutyId: 'Q1', pagerdutyServiceId: 'PGATE' } },
    ])
  })

  it.each([
    ['a forged signature', (body: string) => sign(body, 'guess')],
    ['the signature of another body', () => sign('{}', 'new')],
    ['a short signature', () => 'v1=abcd'],
    ['no signature', () => ''],
  ])('refuses %s with 401 and keeps nothing', async (_, signature) => {
    const body = JSON.stringify(event)
    expect(await post(body, signature(body))).toBe(401)
    expect(accepted).toEqual([])
  })

  it('answers 202 to a signed event of an unknown kind, so that the subscription stays enabled', async () => {
    const body = JSON.stringify({ event: { id: 'E2', event_type: 'pagey.ping', data: { type: 'ping' } } })
    expect(await post(body, sign(body, 'new'))).toBe(202)
    expect(accepted).toEqual([])
  })

  it('answers 400 to what is signed and not JSON', async () => {
    expect(await post('{"event":', sign('{"event":', 'new'))).toBe(400)
  })

  it('answers 503 when the journal cannot keep it, so that PagerDuty sends it again', async () => {
    accept = () => {
      throw new Error('database or disk is full')
    }
    const body = JSON.stringify(event)
    expect(await post(body, sign(body, 'new'))).toBe(503)
  })

  it('answers 413 to a body of more than 256 KiB', async () => {
    const body = JSON.stringify({ ...event, padding: 'x'.repeat(300_000) })
    expect(await post(body, sign(body, 'new'))).toBe(413)
  })

  it('says plainly that a port is in use', async () => {
    const port = Number(new URL(server.url).port)
    await expect(listen([], '127.0.0.1', port)).rejects.toMatchObject({
      code: 'conflict',
      message: `port ${port} on 127.0.0.1 is in use by another program`,
    })
  })
})
