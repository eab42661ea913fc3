import { afterEach, describe, expect, it } from 'vitest'
import { LokiLogs, type LokiOptions } from '../../../src/integrations/loki/loki-logs.ts'
import { httpServer, type Answered, type Asked } from '../../support/http-server.ts'

const START = Date.UTC(2026, 2, 1, 12)
const HOUR = { services: ['payment', 'gateway'], fromMs: START, toMs: START + 3_600_000, limit: 1_000 }

interface Stored {
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds after the beginning, of which fractions are nanoseconds. */
  readonly at: number
  readonly line: string
}
const stored = (at: number, line: string, labels: Record<string, string> = {}): Stored => ({
  labels: { service_name: 'payment', pod: 'payment-1', ...labels },
  at,
  line,
})

/** Answers `query_range` as Loki does: start inclusive, end exclusive, the newest `limit` entries, by stream. */
function loki(entries: readonly Stored[], mostEntries = 5_000) {
  return ({ url }: Asked): Answered => {
    if (url.pathname !== '/loki/api/v1/query_range') return { status: 404, body: '404 page not found' }
    const asked = (name: string): string => url.searchParams.get(name) ?? ''
    const limit = Number(asked('limit'))
    if (limit > mostEntries)
      return {
        status: 400,
        body: `max entries limit per query exceeded, limit > max_entries (${limit} > ${mostEntries})`,
      }
    const pattern = /service_name=~"((?:[^"\\]|\\.)*)"/.exec(asked('query'))?.[1] ?? ''
    const isAsked = new RegExp(`^(?:${JSON.parse(`"${pattern}"`) as string})$`)
    const ns = ({ at }: Stored): bigint => BigInt(START) * 1_000_000n + BigInt(Math.round(at * 1e6))
    const found = entries
      .filter((one) => isAsked.test(one.labels.service_name ?? ''))
      .filter((one) => ns(one) >= BigInt(asked('start')) && ns(one) < BigInt(asked('end')))
      .toSorted((a, b) => (ns(a) < ns(b) ? 1 : -1))
      .slice(0, limit)
    const streams = Map.groupBy(found, ({ labels }) => JSON.stringify(labels))
    const result = [...streams].map(([labels, values]) => ({
      stream: JSON.parse(labels) as object,
      values: values.map((one) => [`${ns(one)}`, one.line]),
    }))
    return { body: { status: 'success', data: { resultType: 'streams', result, stats: {} } } }
  }
}

const base = (url: string): LokiOptions => ({
  url,
  serviceLabel: 'service_name',
  matchers: '',
  names: {},
  pageLines: 5_000,
  deadlineMs: 5_000,
  tenant: null,
  authorization: null,
})

let server: Awaited<ReturnType<typeof httpServer>>
afterEach(() => server.close())

async function source(answer: (asked: Asked) => Answered, over: Partial<LokiOptions> = {}) {
  server = await httpServer(answer)
  return new LokiLogs({ ...base(server.url), ...over })
}

describe('logs in Loki', () => {
  it('are the lines of the services asked for, oldest first, to the nanosecond and with both ends', async () => {
    const logs = await source(
      loki([
        stored(3_600_000, 'INFO at the end'),
        stored(0, 'INFO at the beginning'),
        stored(2_000.5, 'INFO of the gateway', { service_name: 'gateway' }),
        stored(2_000.25, 'INFO before it'),
        stored(2_000, 'INFO of another', { service_name: 'inventory' }),
        stored(3_600_001, 'INFO later'),
      ]),
    )
    const lines = await logs.linesBetween(HOUR)
    expect(lines.map(({ service, line }) => [service, line])).toEqual([
      ['payment', 'INFO at the beginning'],
      ['payment', 'INFO before it'],
      ['gateway', 'INFO of the gateway'],
      ['payment', 'INFO at the end'],
    ])
    expect(lines[1]?.t).toBeCloseTo(START / 1000 + 2.000_25, 6)
  })

  it('put a stack trace together within its stream, whatever other pods write in between', async () => {
    const trace = [
      'ERROR charge failed',
      'Traceback (most recent call last):',
      '  File "a.py", line 4, in b',
      'TypeError: none',
    ]
    const logs = await source(
      loki([
        ...trace.map((line, i) => stored(i, line)),
        stored(1.5, 'INFO served', { pod: 'payment-2' }),
        stored(9, 'INFO next'),
      ]),
    )
    expect((await logs.linesBetween(HOUR)).map(({ line }) => line)).toEqual([
      trace.join('\n'),
      'INFO served',
      'INFO next',
    ])
  })

  it('are read page by page back in time, none twice and none left out, though many have one time', async () => {
    const entries = Array.from({ length: 23 }, (_, i) => stored(Math.floor(i / 3), `INFO ${i}`))
    const logs = await source(loki(entries, 5), { pageLines: 5 })
    const lines = await logs.linesBetween(HOUR)
    expect(lines.map(({ line }) => line).sort()).toEqual(entries.map(({ line }) => line).sort())
    expect(server.asked.length).toBeGreaterThan(4)
  })

  it('of more than the limit are the newest', async () => {
    const logs = await source(loki(Array.from({ length: 30 }, (_, i) => stored(i, `INFO ${i}`))), {
      pageLines: 10,
    })
    const lines = await logs.linesBetween({ ...HOUR, limit: 12 })
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: 12 }, (_, i) => `INFO ${i + 18}`))
  })

  it('are asked for by the names that Loki has, with more matchers, tenant and credentials', async () => {
    const logs = await source(loki([stored(1, 'INFO a', { service_name: 'pay.api' })]), {
      names: { payment: ['pay.api', 'pay"er'] },
      matchers: 'namespace="shop"',
      tenant: 'team-a',
      authorization: 'Bearer secret',
    })
    expect(await logs.linesBetween({ ...HOUR, services: ['payment'] })).toMatchObject([
      { service: 'payment' },
    ])
    expect(server.asked[0]?.url.searchParams.get('query')).toBe(
      String.raw`{service_name=~"pay\\.api|pay\"er", namespace="shop"}`,
    )
    expect(server.asked[0]?.headers).toMatchObject({
      'x-scope-orgid': 'team-a',
      authorization: 'Bearer secret',
    })
  })

  it.each([
    ['a query that it refuses', 400, 'parse error : syntax error', 'bad-config', 'parse error'],
    ['wrong credentials', 401, 'no org id', 'unauthorised', 'LOKI_TENANT'],
    ['too many queries', 429, 'too many outstanding requests', 'rate-limited', '429'],
    ['a server in trouble', 503, 'empty ring', 'unavailable', 'empty ring'],
    ['a page of a proxy', 200, '<html>', 'unavailable', 'LOKI_URL'],
  ])('say what is wrong with %s', async (_, status, body, code, words) => {
    const logs = await source(() => ({ status, body }))
    const failure = await logs.linesBetween(HOUR).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code })
    expect(`${(failure as Error).message} ${(failure as { mend?: string }).mend}`).toContain(words)
  })

  it('end at the deadline, and where nobody answers at all', async () => {
    const slow = await source(() => null, { deadlineMs: 20 })
    await expect(slow.linesBetween(HOUR)).rejects.toMatchObject({ code: 'timeout' })
    await server.close()
    await expect(new LokiLogs(base(server.url)).linesBetween(HOUR)).rejects.toMatchObject({
      code: 'unavailable',
    })
  })
})
