import { afterEach, describe, expect, it } from 'vitest'
import { SampledTraces } from '../../../src/integrations/traces/sampled-traces.ts'
import { tempoTraces } from '../../../src/integrations/traces/tempo-traces.ts'
import {
  request,
  spanSourceContract,
  START_MS,
  WINDOW,
  type KeptSpan,
  type KeptTrace,
} from '../../contracts/span-source.ts'
import { httpServer, type Answered, type Asked } from '../../support/http-server.ts'

const base64 = (id: string): string => Buffer.from(id, 'hex').toString('base64')
const nanoseconds = (ms: number): string =>
  String(BigInt(START_MS) * 1_000_000n + BigInt(Math.round(ms * 1e6)))

/** The resources of a trace as Tempo writes them: protobuf's JSON, so ids in base64 and no value that has its default. */
function resourceSpans({ id, spans }: KeptTrace, idOf = base64): readonly object[] {
  return [...Map.groupBy(spans, ({ service }) => service)].map(([service, own]) => ({
    resource: {
      attributes: [
        { key: 'process.pid', value: { intValue: '7' } },
        { key: 'service.name', value: { stringValue: service } },
      ],
    },
    scopeSpans: [
      {
        scope: { name: 'http' },
        spans: own.map((span) => ({
          traceId: idOf(id),
          spanId: idOf(span.id),
          ...(span.parent === null ? {} : { parentSpanId: idOf(span.parent) }),
          name: span.name,
          kind: 'SPAN_KIND_SERVER',
          startTimeUnixNano: nanoseconds(span.at),
          endTimeUnixNano: nanoseconds(span.at + span.ms),
          attributes: [{ key: 'http.response.status_code', value: { intValue: '200' } }],
          status: span.fails === true ? { message: 'boom', code: 'STATUS_CODE_ERROR' } : {},
        })),
      },
    ],
  }))
}

interface Answers {
  /** What `/api/v2/traces/{id}` answers; null: this Tempo has no such address. */
  readonly whole?: (trace: KeptTrace) => Answered
}
const whole = (trace: KeptTrace): Answered => ({
  body: { trace: { resourceSpans: resourceSpans(trace) }, metrics: { inspectedBytes: '4096' } },
})

/** Search answers with ids whose zeros in front are left out, as Tempo does. */
function tempo(traces: readonly KeptTrace[], { whole: answer = whole }: Answers = {}) {
  return ({ url }: Asked): Answered => {
    if (url.pathname === '/api/search') return search(traces, url.searchParams)
    const [, version, id = ''] = /^\/api\/(v2\/)?traces\/([0-9a-f]+)$/.exec(url.pathname) ?? []
    const trace = traces.find((one) => one.id === id.padStart(32, '0'))
    if (trace === undefined) return { status: 404, body: 'trace not found' }
    return version === undefined ? { body: { batches: resourceSpans(trace) } } : answer(trace)
  }
}

function search(traces: readonly KeptTrace[], asked: URLSearchParams): Answered {
  const quoted = /^\{resource\.service\.name=("(?:[^"\\]|\\.)*")\}$/.exec(asked.get('q') ?? '')?.[1]
  if (quoted === undefined) return { status: 400, body: 'invalid TraceQL query' }
  const [start, end] = [Number(asked.get('start')), Number(asked.get('end'))]
  if (!(end > start)) return { status: 400, body: 'http parameter start must be before end' }
  const isAsked = ({ service, at }: KeptSpan): boolean =>
    service === JSON.parse(quoted) && START_MS + at >= start * 1_000 && START_MS + at <= end * 1_000
  const found = traces.filter(({ spans }) => spans.some(isAsked)).slice(0, Number(asked.get('limit')))
  if (found.length === 0) return { body: { metrics: { totalBlocks: 2 } } }
  return {
    body: {
      traces: found.map(({ id, spans }) => ({
        traceID: id.replace(/^0+/, ''),
        rootServiceName: spans[0]?.service,
        rootTraceName: spans[0]?.name,
        startTimeUnixNano: nanoseconds(spans[0]?.at ?? 0),
        durationMs: 12,
        spanSets: [{ spans: [{ spanID: spans[0]?.id, durationNanos: '12000000' }], matched: 1 }],
      })),
      metrics: { inspectedBytes: '4096', totalBlocks: 2 },
    },
  }
}

spanSourceContract({
  name: 'Tempo',
  serve: tempo,
  open: (url, headers = {}) => tempoTraces({ product: 'Tempo', url, headers }),
})

describe("Tempo's traces", () => {
  let server: Awaited<ReturnType<typeof httpServer>>
  afterEach(() => server.close())

  async function source(answer: (asked: Asked) => Answered, mostTraces = 100) {
    server = await httpServer(answer)
    const store = tempoTraces({ product: 'Tempo', url: server.url, headers: {} })
    return new SampledTraces(store, { names: {}, mostTraces, parallel: 4, deadlineMs: 5_000 })
  }
  const kept = [request(1, 5_000), request(2, 400_000)]

  it('are read from versions that have only the older address', async () => {
    const spans = await source(tempo(kept, { whole: () => ({ status: 404, body: '404 page not found' }) }))
    const found = await spans.spansBetween(WINDOW)
    expect(found.map(({ service }) => service)).toEqual(['gateway', 'payment', 'gateway', 'payment'])
  })

  it('are the same where ids are written in hexadecimal and codes as numbers', async () => {
    const [trace] = kept as [KeptTrace]
    const hex = resourceSpans(trace, (id) => id.toUpperCase()) as { scopeSpans: { spans: object[] }[] }[]
    hex[0]?.scopeSpans[0]?.spans.push({ spanId: 'ff', parentSpanId: '0000000000000000', status: { code: 2 } })
    const spans = await source(tempo([trace], { whole: () => ({ body: { trace: { resourceSpans: hex } } }) }))
    const found = await spans.spansBetween(WINDOW)
    expect(found.map(({ span, parent, error }) => [span, parent, error])).toEqual([
      ['ff', null, true],
      [trace.spans[0]?.id, null, false],
      [trace.spans[1]?.id, trace.spans[0]?.id, false],
    ])
  })

  it('of which Tempo gives only a part are left out, and that is told', async () => {
    const message = 'Trace exceeds maximum size of 5000000 bytes, a partial trace is returned'
    const part = (trace: KeptTrace): Answered => ({
      body: { trace: { resourceSpans: resourceSpans(trace).slice(0, 1) }, status: 'PARTIAL', message },
    })
    const spans = await source(tempo(kept, { whole: (trace) => (trace === kept[0] ? part : whole)(trace) }))
    const lacks: string[] = []
    expect(await spans.spansBetween(WINDOW, (text) => lacks.push(text))).toHaveLength(2)
    expect(lacks).toEqual([
      `sample of traces: Tempo at ${server.url}: 1 of 2 traces are left out: ${message}`,
    ])
  })

  it('are no answer where none of them is whole', async () => {
    const spans = await source(tempo(kept, { whole: () => ({ status: 422, body: 'trace\ntoo large' }) }))
    await expect(spans.spansBetween(WINDOW)).rejects.toMatchObject({
      code: 'unavailable',
      message: `Tempo at ${server.url}: 2 of 2 traces are left out: trace too large`,
    })
  })

  it('that are gone after they were found are left out', async () => {
    const answer = tempo(kept)
    const [gone] = kept as [KeptTrace]
    const spans = await source((asked) =>
      asked.url.pathname.endsWith(gone.id) ? { status: 404, body: 'trace not found' } : answer(asked),
    )
    expect(await spans.spansBetween(WINDOW)).toHaveLength(2)
  })

  it('are read up to their limit, and say what is wrong with one', async () => {
    const many = Array.from({ length: 60 }, (_, i) => request(i, i * 10_000))
    const spans = await source(tempo(many), 25)
    expect(await spans.spansBetween(WINDOW)).toHaveLength(50)
    await server.close()
    const broken = await source(tempo(kept, { whole: () => ({ body: '{"trace":{"resourceSpans":7}}' }) }))
    await expect(broken.spansBetween(WINDOW)).rejects.toMatchObject({
      code: 'unavailable',
      mend: expect.stringContaining('TEMPO_URL'),
    })
  })

  it('that were not read in time are told, and those that were are kept', async () => {
    const answer = tempo(kept)
    const [never] = kept as [KeptTrace]
    server = await httpServer((asked) => (asked.url.pathname.endsWith(never.id) ? null : answer(asked)))
    const store = tempoTraces({ product: 'Tempo', url: server.url, headers: {} })
    const spans = new SampledTraces(store, { names: {}, mostTraces: 9, parallel: 4, deadlineMs: 1_000 })
    const lacks: string[] = []
    expect(await spans.spansBetween(WINDOW, (text) => lacks.push(text))).toHaveLength(2)
    expect(lacks).toEqual([
      `sample of traces: Tempo at ${server.url} answered only 1 of 2 traces in 1000 ms; fewer requests are compared`,
    ])
  })
})
