import { afterEach, describe, expect, it } from 'vitest'
import { SampledTraces, type SampleOptions } from '../../src/integrations/traces/sampled-traces.ts'
import type { TraceStore } from '../../src/integrations/traces/sampled-traces.ts'
import { callsOfSpans } from '../../src/pipeline/signals/span-calls.ts'
import type { Span } from '../../src/pipeline/signals/telemetry.ts'
import { httpServer, type Answered, type Asked } from '../support/http-server.ts'

export const START_MS = Date.UTC(2026, 2, 1, 12)
const TEN_MINUTES = 600_000
export const WINDOW = {
  services: ['gateway', 'payment'],
  fromMs: START_MS,
  toMs: START_MS + TEN_MINUTES,
  limit: 1_000,
}

/** A span as a server keeps it; `at` and `ms` in milliseconds, `at` after the beginning of the window. */
export interface KeptSpan {
  readonly id: string
  readonly parent: string | null
  readonly service: string
  readonly name: string
  readonly at: number
  readonly ms: number
  readonly fails?: boolean
}

export interface KeptTrace {
  readonly id: string
  readonly spans: readonly KeptSpan[]
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** A request through the gateway into payment; further spans of payment make it as large as wanted. */
export function request(n: number, at: number, more: { fails?: boolean; size?: number } = {}): KeptTrace {
  const id = (at: number): string => hex(n * 1_000 + at, 16)
  const { fails = false, size = 2 } = more
  const inner = Array.from({ length: size - 1 }, (_, i) => ({
    id: id(i + 2),
    parent: id(1),
    service: 'payment',
    name: i === 0 ? 'POST /charge' : `step ${i}`,
    at: at + 1.25,
    ms: 8.5,
    fails,
  }))
  return {
    id: hex(n + 1, 32),
    spans: [{ id: id(1), parent: null, service: 'gateway', name: 'POST /orders', at, ms: 12.5 }, ...inner],
  }
}

export interface SpanSourceKind {
  readonly name: 'Jaeger' | 'Tempo'
  /** Answers as a server of this kind does that keeps these traces. */
  serve(traces: readonly KeptTrace[]): (asked: Asked) => Answered
  open(url: string, headers?: Readonly<Record<string, string>>): TraceStore
}

const USUAL: SampleOptions = { names: {}, mostTraces: 400, parallel: 4, deadlineMs: 5_000 }

/** What holds for spans wherever traces are kept: one suite, run on every kind of server. */
export function spanSourceContract({ name, serve, open }: SpanSourceKind): void {
  const product = name.toUpperCase()

  describe(`spans from ${name}`, () => {
    let server: Awaited<ReturnType<typeof httpServer>>
    afterEach(() => server.close())

    async function source(answer: (asked: Asked) => Answered, over: Partial<SampleOptions> = {}) {
      server = await httpServer(answer)
      return new SampledTraces(open(server.url), { ...USUAL, ...over })
    }
    const tracesOf = (spans: readonly Span[]) => Map.groupBy(spans, ({ trace }) => trace)

    it('tell service, operation, parent, time and failure, oldest first', async () => {
      const spans = await source(serve([request(7, 90_000.5, { fails: true }), request(3, 30_000)]))
      const [first, second, third, fourth] = await spans.spansBetween(WINDOW)
      expect(first).toEqual({
        t: START_MS / 1000 + 30,
        trace: '4',
        span: hex(3_001, 16),
        parent: null,
        service: 'gateway',
        operation: 'POST /orders',
        durationMs: 12.5,
        error: false,
      })
      expect(second).toMatchObject({
        trace: '4',
        parent: first?.span,
        service: 'payment',
        operation: 'POST /charge',
        durationMs: 8.5,
        error: false,
      })
      expect(second?.t).toBeCloseTo(START_MS / 1000 + 30.001_25, 6)
      expect(third?.t).toBeCloseTo(START_MS / 1000 + 90.000_5, 6)
      expect([third?.error, fourth?.error]).toEqual([false, true])
    })

    it('of a trace that is found through two services are there once', async () => {
      const spans = await source(serve([request(1, 5_000)]))
      expect(await spans.spansBetween(WINDOW)).toHaveLength(2)
    })

    it('show who calls whom', async () => {
      const spans = await source(serve([request(1, 5_000)]))
      expect(callsOfSpans(await spans.spansBetween(WINDOW))).toEqual([
        { caller: 'gateway', callee: 'payment', source: 'traces', atMs: START_MS + 5_001 },
      ])
    })

    it('of other services are kept where they belong to the same trace', async () => {
      const spans = await source(serve([request(1, 5_000)]))
      const found = await spans.spansBetween({ ...WINDOW, services: ['payment'] })
      expect(found.map(({ service }) => service)).toEqual(['gateway', 'payment'])
    })

    it('are asked for by the names that the server has, and told by ours', async () => {
      const kept = request(1, 5_000)
      const named = {
        ...kept,
        spans: kept.spans.map((one) => ({ ...one, service: one.service === 'payment' ? 'pay "eu"' : 'gw' })),
      }
      const spans = await source(serve([named]), { names: { payment: ['payments', 'pay "eu"'] } })
      const found = await spans.spansBetween({ ...WINDOW, services: ['payment'] })
      expect(found.map(({ service }) => service)).toEqual(['gw', 'payment'])
    })

    it('are a sample of the whole window where there are more, each trace whole', async () => {
      const kept = Array.from({ length: 1_200 }, (_, i) => request(i, i * 500, { size: 5 }))
      const spans = await source(serve(kept), { mostTraces: 100 })
      const found = await spans.spansBetween({ ...WINDOW, limit: 203 })
      expect(found.length).toBeGreaterThan(150)
      expect(found.length).toBeLessThanOrEqual(203)
      for (const trace of tracesOf(found).values()) expect(trace).toHaveLength(5)
      for (let minute = 0; minute < 10; minute += 1) {
        const from = START_MS / 1000 + minute * 60
        expect(found.filter(({ t }) => t >= from && t < from + 60).length).toBeGreaterThan(0)
      }
    })

    it('leave out a trace that is larger than the limit alone, and keep the others', async () => {
      const spans = await source(serve([request(1, 5_000, { size: 300 }), request(2, 5_100)]))
      const found = await spans.spansBetween({ ...WINDOW, limit: 100 })
      expect([...tracesOf(found).keys()]).toEqual(['3'])
    })

    it('come from large answers as from small ones', async () => {
      const kept = Array.from({ length: 200 }, (_, i) => request(i, i * 3_000, { size: 100 }))
      const spans = await source(serve(kept))
      const found = await spans.spansBetween({ ...WINDOW, limit: 60_000 })
      expect(found.length % 100).toBe(0)
      expect(found.length).toBeGreaterThan(10_000)
    })

    it('are none where there are none, and nothing is asked where nobody is asked about', async () => {
      const spans = await source(serve([]))
      expect(await spans.spansBetween(WINDOW)).toEqual([])
      const asked = server.asked.length
      expect(await spans.spansBetween({ ...WINDOW, services: [] })).toEqual([])
      expect(await spans.spansBetween({ ...WINDOW, limit: 0 })).toEqual([])
      expect(server.asked).toHaveLength(asked)
    })

    it('are asked for with the credentials', async () => {
      server = await httpServer(serve([request(1, 5_000)]))
      const store = open(server.url, { authorization: 'Bearer secret', 'x-scope-orgid': 'team-a' })
      await new SampledTraces(store, USUAL).spansBetween(WINDOW)
      for (const { headers } of server.asked)
        expect(headers).toMatchObject({ authorization: 'Bearer secret', 'x-scope-orgid': 'team-a' })
    })

    it.each([
      ['wrong credentials', 401, 'no valid token', false, `${product}_BEARER_TOKEN`],
      ['a user who may not read', 403, 'forbidden', false, `${product}_USER`],
      ['an address with nothing behind it', 404, '404 page not found', false, `${product}_URL`],
      ['a limit that is too high', 400, 'limit exceeds the maximum', false, 'mostTraces'],
      ['too many queries', 429, 'slow down', true, '429'],
      ['a server in trouble', 500, 'no shards\navailable', true, 'no shards available'],
      ['a page of a proxy', 200, '<html><body>Sign in</body></html>', true, `${product}_URL`],
      ['JSON that is cut off', 200, '{"data":[{"traceID":"1","sp', true, `${product}_URL`],
      ['JSON of something else', 200, '{"data":{"status":"ok"},"traces":5}', true, `${product}_URL`],
    ])('say what is wrong with %s, and how to mend it', async (_, status, body, retryable, words) => {
      const spans = await source(() => ({ status, body }))
      const failure = await spans.spansBetween(WINDOW).catch((thrown: unknown) => thrown)
      expect(failure).toMatchObject({ code: 'unavailable', retryable })
      const { message, mend } = failure as { message: string; mend: string | null }
      expect(message).toContain(`${name} at ${server.url}`)
      expect(`${message} ${mend}`).toContain(words)
    })

    it('are no answer where one service of them could not be asked about', async () => {
      const answer = serve([request(1, 5_000)])
      const spans = await source((asked) =>
        String(asked.url.searchParams).includes('payment')
          ? { status: 503, body: 'starting' }
          : answer(asked),
      )
      await expect(spans.spansBetween(WINDOW)).rejects.toMatchObject({ code: 'unavailable' })
    })

    it('are those that came in time, and what did not is told', async () => {
      const answer = serve([request(1, 5_000), request(2, 400_000)])
      const spans = await source(
        (asked) =>
          String(asked.url.searchParams).includes('payment') && server.asked.length > 10
            ? null
            : answer(asked),
        { parallel: 1, deadlineMs: 1_000 },
      )
      const lacks: string[] = []
      const found = await spans.spansBetween(WINDOW, (text) => lacks.push(text))
      expect(found.length).toBeGreaterThan(0)
      expect(lacks).toEqual([
        expect.stringMatching(
          /^sample of traces: \w+ at http\S+ answered only \d+ of 20 searches in \d+ ms; fewer requests are compared$/,
        ),
      ])
    })

    it('are none but a time-out where nothing came in time', async () => {
      const spans = await source(() => null, { deadlineMs: 40 })
      await expect(spans.spansBetween(WINDOW)).rejects.toMatchObject({
        code: 'timeout',
        mend: expect.stringContaining('traces.yaml'),
      })
    })

    it('name the address where nobody answers at it', async () => {
      const spans = await source(() => null)
      await server.close()
      await expect(spans.spansBetween(WINDOW)).rejects.toMatchObject({
        code: 'unavailable',
        message: `${name} at ${server.url} cannot be reached`,
        mend: expect.stringContaining(`${product}_URL`),
      })
    })
  })
}
