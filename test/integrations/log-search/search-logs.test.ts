import { afterEach, describe, expect, it } from 'vitest'
import { elasticsearch } from '../../../src/integrations/log-search/elasticsearch.ts'
import { openSearch } from '../../../src/integrations/log-search/opensearch.ts'
import { SearchLogs, type SearchLogsOptions } from '../../../src/integrations/log-search/search-logs.ts'
import { parseLogLine } from '../../../src/pipeline/signals/log-lines.ts'
import type { Answered, Asked } from '../../support/http-server.ts'
import { httpServer, searchEngine, type Doc } from './search-server.ts'

const START = Date.UTC(2026, 2, 1, 12)
const HOUR = { services: ['payment', 'gateway'], fromMs: START, toMs: START + 3_600_000, limit: 1_000 }
const AUTH = { username: 'reader', password: 'secret' }

const doc = (id: string, at: number, source: Record<string, unknown>): Doc => ({
  id,
  atMs: START + at,
  source: { 'service.name': 'payment', ...source },
})

const PRODUCTS = {
  Elasticsearch: {
    client: (url: string) => elasticsearch({ url, auth: AUTH }),
    headers: {
      'x-elastic-product': 'Elasticsearch',
      'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
    },
  },
  OpenSearch: { client: (url: string) => openSearch({ url, auth: AUTH }), headers: {} },
} as const

const EMPTY = { size: 0, query: { bool: { filter: [] } }, docvalue_fields: [] }

let server: Awaited<ReturnType<typeof httpServer>>
afterEach(() => server.close())

describe.each(Object.entries(PRODUCTS))('logs in %s', (what, { client, headers }) => {
  async function source(answer: (asked: Asked) => Answered, over: Partial<SearchLogsOptions> = {}) {
    server = await httpServer(answer)
    const options: SearchLogsOptions = {
      what: `${what} at ${server.url}`,
      index: 'logs-*',
      timeField: '@timestamp',
      serviceFields: ['service.name', 'app.keyword'],
      streamFields: ['host.name'],
      fields: ['message', 'log.level', 'error'],
      names: {},
      pageLines: 1_000,
      deadlineMs: 5_000,
      ...over,
    }
    return new SearchLogs(options, client(server.url))
  }
  const engine = (docs: readonly Doc[], extra: object = {}) => searchEngine(docs, { headers, extra })

  it('are the messages of the services asked for, oldest first', async () => {
    const logs = await source(
      engine([
        doc('3', 5_000.25, { message: 'third' }),
        doc('1', 1_000, { message: 'first' }),
        doc('2', 2_000, { 'service.name': undefined, app: 'gateway', message: 'second' }),
        doc('x', 3_000, { 'service.name': 'inventory', message: 'not asked for' }),
        doc('y', -1, { message: 'too early' }),
      ]),
    )
    const lines = await logs.linesBetween(HOUR)
    expect(lines.map(({ service, line }) => [service, line])).toEqual([
      ['payment', 'first'],
      ['gateway', 'second'],
      ['payment', 'third'],
    ])
    expect(lines[2]?.t).toBeCloseTo(START / 1000 + 5.000_25, 6)
    const { url, headers: sent } = server.asked.at(-1) as Asked
    expect(url.pathname).toBe('/logs-*/_search')
    expect(sent.authorization).toBe(`Basic ${btoa('reader:secret')}`)
  })

  it('are JSON records where a document says more than its message, and are read as such', async () => {
    const stack =
      'TypeError: city of null\n    at city (/app/src/receipt.ts:41:7)\n    at total (/app/src/a.ts:2:1)'
    const logs = await source(
      engine([
        doc('1', 1_000, {
          message: 'charge failed',
          log: { level: 'error' },
          error: { type: 'TypeError', stack_trace: stack },
        }),
      ]),
    )
    const [line] = await logs.linesBetween(HOUR)
    const record = parseLogLine(line?.line ?? '')
    expect(record).toMatchObject({ level: 'error', message: 'charge failed', atMs: START + 1_000 })
    expect(record.stackTraces[0]?.frames.map(({ line: number }) => number)).toEqual([41, 2])
  })

  it('lose their secrets where they are read, as those of files do', async () => {
    const logs = await source(
      engine([doc('1', 1_000, { message: 'login', error: { message: 'password=hunter2secret' } })]),
    )
    const [line] = await logs.linesBetween(HOUR)
    expect(parseLogLine(line?.line ?? '').raw).not.toContain('hunter2secret')
  })

  it('keep a message that is a whole record as it was written', async () => {
    const message = '{"level":"error","msg":"charge failed"}'
    const logs = await source(engine([doc('1', 1_000, { message, log: { level: 'info' } })]))
    expect((await logs.linesBetween(HOUR))[0]?.line).toBe(message)
  })

  it('put a stack trace together whose lines are documents of their own', async () => {
    const trace = [
      'ERROR charge failed',
      'Traceback (most recent call last):',
      '  File "a.py", line 4, in b',
      'TypeError: none',
    ]
    const logs = await source(
      engine([
        ...trace.map((message, i) => doc(`t${i}`, 1_000 + i, { message, host: { name: 'a' } })),
        doc('o', 1_001.5, { message: 'INFO served', host: { name: 'b' } }),
      ]),
    )
    expect((await logs.linesBetween(HOUR)).map(({ line }) => line)).toEqual([trace.join('\n'), 'INFO served'])
  })

  it('are read page by page, none twice and none left out, the newest up to the limit', async () => {
    const docs = Array.from({ length: 23 }, (_, i) =>
      doc(`${i}`, Math.floor(i / 3), { message: `INFO ${i}` }),
    )
    const logs = await source(engine(docs), { pageLines: 5 })
    const all = await logs.linesBetween(HOUR)
    expect(all.map(({ line }) => line).sort()).toEqual(docs.map(({ source: { message } }) => message).sort())
    const newest = await logs.linesBetween({ ...HOUR, limit: 2 })
    expect(newest.every(({ t }) => t === START / 1000 + 0.007)).toBe(true)
    expect(newest).toHaveLength(2)
  })

  it('are asked for by the names that the store has', async () => {
    const logs = await source(engine([doc('1', 1_000, { 'service.name': 'payments-api', message: 'a' })]), {
      names: { payment: ['payments-api'] },
    })
    expect(await logs.linesBetween(HOUR)).toMatchObject([{ service: 'payment' }])
  })

  it('are not told at all where the answer is partial', async () => {
    const failed = { _shards: { total: 3, successful: 2, skipped: 0, failed: 1 } }
    await expect((await source(engine([], failed))).linesBetween(HOUR)).rejects.toMatchObject({
      code: 'unavailable',
      message: `${what} at ${server.url} gave a partial answer: 1 of 3 shards failed`,
    })
    await server.close()
    await expect((await source(engine([], { timed_out: true }))).linesBetween(HOUR)).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it.each([
    [401, 'security_exception', 'unauthorised', /_USER and/],
    [404, 'index_not_found_exception', 'not-found', /search\.index/],
    [400, 'query_shard_exception', 'bad-config', /fields of `search`/],
    [429, 'circuit_breaking_exception', 'rate-limited', /429/],
    [503, 'cluster_block_exception', 'unavailable', /503/],
  ])('say what a refusal with %s means', async (status, type, code, words) => {
    const error = { root_cause: [{ type, reason: 'so it is' }], type, reason: 'so it is' }
    const logs = await source(() => ({ status, headers, body: { error, status } }))
    const failure = await logs.linesBetween(HOUR).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code })
    expect(`${(failure as Error).message} ${(failure as { mend: string | null }).mend}`).toMatch(words)
  })

  it('end at the deadline, and where nobody answers at all', async () => {
    const slow = await source(() => null, { deadlineMs: 50 })
    await expect(slow.linesBetween(HOUR)).rejects.toMatchObject({ code: 'timeout' })
    await server.close()
    await expect(slow.linesBetween(HOUR)).rejects.toMatchObject({
      code: expect.stringMatching(/^(unavailable|timeout)$/),
    })
  })
})

describe('the client of Elasticsearch', () => {
  it('refuses what does not call itself so, and says what to do', async () => {
    server = await httpServer(searchEngine([]))
    const search = elasticsearch({ url: server.url, auth: null })
    await expect(search({ index: 'logs-*', body: EMPTY }, 5_000)).rejects.toMatchObject({
      code: 'bad-config',
      mend: 'for OpenSearch set OPENSEARCH_URL instead',
    })
  })

  it('sends an API key', async () => {
    const { headers } = PRODUCTS.Elasticsearch
    server = await httpServer(searchEngine([], { headers }))
    await elasticsearch({ url: server.url, auth: { apiKey: 'a2V5' } })(
      { index: 'logs-*', body: EMPTY },
      5_000,
    )
    expect(server.asked.at(-1)?.headers.authorization).toBe('ApiKey a2V5')
  })
})
