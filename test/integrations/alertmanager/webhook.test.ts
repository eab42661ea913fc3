import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alertmanagerWebhook } from '../../../src/integrations/alertmanager/webhook.ts'
import { listen, type Listening } from '../../../src/integrations/http/listen.ts'
import type { AlertNews } from '../../../src/pipeline/detection/ports.ts'

/** As Alertmanager 0.27 sends it: two alerts of one group, one of them over. */
const delivery = {
  receiver: 'ccp',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighErrorRate', service: 'payment', severity: 'critical' },
      annotations: { summary: 'payment fails\n8.4 % of its requests' },
      startsAt: '2026-03-01T10:00:00.123456789Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example/graph?g0.expr=up&g0.tab=1',
      fingerprint: 'b2a1f0c3d4e5f607',
    },
    {
      status: 'resolved',
      labels: { alertname: 'SlowAnswers', service: 'checkout' },
      annotations: {},
      startsAt: '2026-03-01T09:50:00+01:00',
      endsAt: '2026-03-01T10:01:00Z',
      generatorURL: '',
      fingerprint: '07f6e5d4c3b2a100',
    },
  ],
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example',
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
}

const bearer = (token: string) => `Bearer ${token}`
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe("Alertmanager's webhook", () => {
  let server: Listening
  let kept: AlertNews[]
  let reported: string[]
  let accept: (alerts: readonly AlertNews[]) => void

  beforeEach(async () => {
    kept = []
    reported = []
    accept = (alerts) => void kept.push(...alerts)
    server = await serve({ bearerTokens: ['old', 'new'], basicAuth: 'alertmanager:pass:word' })
  })
  afterEach(() => server.close())

  const serve = (credentials: Parameters<typeof alertmanagerWebhook>[0]['credentials']) => {
    const route = alertmanagerWebhook({
      credentials,
      accept: (alerts) => accept(alerts),
      report: ({ message }) => void reported.push(message),
      nowMs: () => 7,
    })
    return listen([route], '127.0.0.1', 0)
  }
  async function post(body: unknown, authorization: string | null = bearer('new')) {
    const headers = {
      'content-type': 'application/json',
      ...(authorization === null ? {} : { authorization }),
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await fetch(`${server.url}/webhooks/alertmanager`, { method: 'POST', body: text, headers })
    return { status: answer.status, body: (await answer.json()) as object, headers: answer.headers }
  }

  it('keeps every alert of a group as news of its own', async () => {
    expect(await post(delivery)).toMatchObject({ status: 202, body: { accepted: 2 } })
    expect(kept).toEqual([
      {
        kind: 'firing',
        fingerprint: 'b2a1f0c3d4e5f607',
        labels: delivery.alerts[0]?.labels,
        summary: 'HighErrorRate: payment fails 8.4 % of its requests',
        startsAtMs: Date.UTC(2026, 2, 1, 10, 0, 0, 123),
        groupKey: '{}:{alertname="HighErrorRate"}',
        url: 'http://prometheus.example/graph?g0.expr=up&g0.tab=1',
        atMs: 7,
      },
      expect.objectContaining({
        kind: 'resolved',
        summary: 'SlowAnswers: service=checkout',
        startsAtMs: Date.UTC(2026, 2, 1, 8, 50),
        url: 'http://alertmanager.example',
      }),
    ])
  })

  it.each([
    ['a bearer token', bearer('old')],
    ['the scheme in small letters', 'bearer new'],
    ['basic auth, with a colon in the password', basic('alertmanager:pass:word')],
  ])('takes %s', async (_, authorization) => {
    expect((await post(delivery, authorization)).status).toBe(202)
  })

  it.each([
    ['no header', null],
    ['another token', bearer('guess')],
    ['a token as a password', basic('new')],
    ['another password', basic('alertmanager:pass')],
    ['the password as a token', bearer('alertmanager:pass:word')],
    ['a scheme that is none', 'Digest new'],
  ])('refuses %s with 401 and keeps nothing', async (_, authorization) => {
    const answer = await post(delivery, authorization)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    expect(kept).toEqual([])
  })

  it('is off without credentials, and says how to set them', async () => {
    await server.close()
    server = await serve({ bearerTokens: [], basicAuth: null })
    const answer = await post(delivery, bearer(''))
    expect(answer.status).toBe(401)
    expect(JSON.stringify(answer.body)).toContain('ALERTMANAGER_BEARER_TOKENS')
  })

  it.each([
    ['what is not JSON', '{"version":', 'not JSON'],
    ['another version', { ...delivery, version: '5' }, 'version: is not "4"'],
    [
      'an alert without a beginning',
      { ...delivery, alerts: [{ ...delivery.alerts[0], startsAt: 'soon' }] },
      'alerts.0.startsAt: is not a time',
    ],
  ])('answers 400 to %s and says what is wrong', async (_, body, what) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(JSON.stringify(answer.body).replaceAll('\\"', '"')).toContain(what)
    expect(kept).toEqual([])
  })

  it('answers 503 when the journal cannot keep them, so that Alertmanager sends them again', async () => {
    accept = () => {
      throw new Error('database or disk is full')
    }
    expect((await post(delivery)).status).toBe(503)
    expect(reported).toEqual(['database or disk is full'])
  })

  it('takes a group of some hundred alerts, and reports those that were left out', async () => {
    const alerts = Array.from({ length: 800 }, () => delivery.alerts[0])
    expect((await post({ ...delivery, alerts, truncatedAlerts: 3 })).status).toBe(202)
    expect(kept).toHaveLength(800)
    expect(reported).toEqual(['Alertmanager left 3 alerts of a group out'])
  })
})
