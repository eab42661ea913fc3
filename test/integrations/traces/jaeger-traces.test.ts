import { afterEach, describe, expect, it } from 'vitest'
import { jaegerTraces } from '../../../src/integrations/traces/jaeger-traces.ts'
import { SampledTraces } from '../../../src/integrations/traces/sampled-traces.ts'
import {
  request,
  spanSourceContract,
  START_MS,
  WINDOW,
  type KeptSpan,
  type KeptTrace,
} from '../../contracts/span-source.ts'
import { httpServer, type Answered, type Asked } from '../../support/http-server.ts'

/** A trace as `GET /api/traces` of jaeger-query gives it. */
function jaegerTrace({ id: traceID, spans }: KeptTrace): object {
  const services = [...new Set(spans.map(({ service }) => service))]
  const processId = (service: string): string => `p${services.indexOf(service) + 1}`
  return {
    traceID,
    spans: spans.map((span) => ({
      traceID,
      spanID: span.id,
      operationName: span.name,
      references: span.parent === null ? [] : [{ refType: 'CHILD_OF', traceID, spanID: span.parent }],
      startTime: Math.round((START_MS + span.at) * 1_000),
      duration: span.ms * 1_000,
      tags: tagsOf(span),
      logs: [],
      processID: processId(span.service),
      warnings: ['clock skew adjustment disabled; not applying calculated delta of 1.2s'],
    })),
    processes: Object.fromEntries(
      services.map((serviceName) => [
        processId(serviceName),
        { serviceName, tags: [{ key: 'host.name', type: 'string', value: 'node-1' }] },
      ]),
    ),
    warnings: null,
  }
}

function tagsOf({ fails = false }: KeptSpan): readonly object[] {
  const usual = [
    { key: 'otel.scope.name', type: 'string', value: 'http' },
    { key: 'http.response.status_code', type: 'int64', value: fails ? 500 : 200 },
    { key: 'span.kind', type: 'string', value: 'server' },
  ]
  if (!fails) return usual
  return [
    ...usual,
    { key: 'otel.status_code', type: 'string', value: 'ERROR' },
    { key: 'error', type: 'bool', value: true },
  ]
}

const answered = (data: readonly object[]): Answered => ({
  body: { data, total: 0, limit: 0, offset: 0, errors: null },
})

/** The newest `limit` traces with a span of the service that begins between the two times, in microseconds. */
function jaeger(traces: readonly KeptTrace[]) {
  return ({ url }: Asked): Answered => {
    if (url.pathname !== '/api/traces') return { status: 404, body: '404 page not found' }
    const asked = (name: string): string => url.searchParams.get(name) ?? ''
    const isAsked = ({ service, at }: KeptSpan): boolean => {
      const us = (START_MS + at) * 1_000
      return service === asked('service') && us >= Number(asked('start')) && us <= Number(asked('end'))
    }
    const found = traces
      .filter(({ spans }) => spans.some(isAsked))
      .toSorted((a, b) => (b.spans[0]?.at ?? 0) - (a.spans[0]?.at ?? 0))
    return answered(found.slice(0, Number(asked('limit'))).map(jaegerTrace))
  }
}

spanSourceContract({
  name: 'Jaeger',
  serve: jaeger,
  open: (url, headers = {}) => jaegerTraces({ product: 'Jaeger', url, headers }),
})

describe("Jaeger's traces", () => {
  let server: Awaited<ReturnType<typeof httpServer>>
  afterEach(() => server.close())

  async function source(answer: (asked: Asked) => Answered, path = '') {
    server = await httpServer(answer)
    const store = jaegerTraces({ product: 'Jaeger', url: `${server.url}${path}`, headers: {} })
    return new SampledTraces(store, { names: {}, mostTraces: 100, parallel: 4, deadlineMs: 5_000 })
  }

  it('are asked for below the path that is put before the API', async () => {
    const spans = await source(() => answered([]), '/select/jaeger')
    await spans.spansBetween(WINDOW)
    expect(server.asked[0]?.url.pathname).toBe('/select/jaeger/api/traces')
  })

  it('have no parent in what they follow from, nor in another trace', async () => {
    const trace = jaegerTrace(request(1, 5_000)) as { spans: { references: object[] }[] }
    const [root, child] = trace.spans
    root?.references.push({ refType: 'CHILD_OF', traceID: 'ffff', spanID: 'aaaa' })
    child?.references.splice(0, 1, { refType: 'FOLLOWS_FROM', traceID: '2', spanID: 'bbbb' })
    const found = await (await source(() => answered([trace]))).spansBetween(WINDOW)
    expect(found.map(({ parent }) => parent)).toEqual([null, null])
  })

  it('fail by a tag in words as well, and may lack what is optional', async () => {
    const bare = {
      traceID: 'AB',
      spans: [
        { traceID: 'AB', spanID: '1', operationName: 'get', startTime: 5, duration: 1, processID: 'p1' },
        {
          traceID: 'AB',
          spanID: '2',
          operationName: 'put',
          startTime: 6,
          duration: 1,
          processID: 'p1',
          tags: [{ key: 'error', value: 'true' }],
        },
        { traceID: 'AB', spanID: '3', operationName: 'lost', startTime: 7, duration: 1, processID: 'p9' },
      ],
      processes: { p1: { serviceName: 'payment' } },
    }
    const found = await (await source(() => answered([bare]))).spansBetween(WINDOW)
    expect(found.map(({ trace, operation, error }) => [trace, operation, error])).toEqual([
      ['ab', 'get', false],
      ['ab', 'put', true],
    ])
  })

  it('are none where the service is not known', async () => {
    const spans = await source(() => ({ body: { data: null, total: 0, limit: 0, offset: 0, errors: null } }))
    expect(await spans.spansBetween(WINDOW)).toEqual([])
  })

  it.each([200, 500])('tell the reason that Jaeger gives with status %i', async (status) => {
    const spans = await source(() => ({
      status,
      body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: 500, msg: 'es: no shards' }] },
    }))
    await expect(spans.spansBetween(WINDOW)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/answered(?: 500)?: es: no shards$/),
    })
  })

  it('are refused where one answer would fill the memory', async () => {
    const spans = await source(() => ({ body: ' '.repeat(65 * 1024 * 1024) }))
    await expect(spans.spansBetween({ ...WINDOW, services: ['payment'] })).rejects.toMatchObject({
      message: expect.stringContaining('more than 64 MiB'),
      mend: expect.stringContaining('jaeger.mostTraces'),
    })
  })
})
