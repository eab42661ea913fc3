import { afterEach, describe, expect, it } from 'vitest'
import { trafficCounters } from '../../../src/integrations/prometheus/metric-source.ts'
import { prometheusSamples } from '../../../src/integrations/prometheus/prometheus-api.ts'
import { metricsContract } from '../../contracts/metrics-contract.ts'
import { fakePrometheus } from './fake-prometheus.ts'
import { serve } from './page-server.ts'

metricsContract(
  'the API of Prometheus',
  async (series) => {
    const server = await fakePrometheus(series)
    return { samples: prometheusSamples({ url: server.url, timeoutMs: 1_000 }), close: () => server.close() }
  },
  1_700_000_000_000,
)

describe('a Prometheus server that does not answer well', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  const readFrom = async (status: number, body: string | null) => {
    const server = await serve((_, response) => {
      if (body !== null) response.writeHead(status).end(body)
    })
    closing.push(() => server.close())
    const samples = prometheusSamples({ url: server.url, timeoutMs: 150 })
    return trafficCounters(samples, { staleMs: 5_000, lagMs: 0 }).read('payment', ['v1'])
  }
  const success = (more: object) =>
    JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] }, ...more })

  it.each([
    [
      'refuses the query',
      400,
      '{"status":"error","errorType":"bad_data","error":"parse error"}',
      'bad_data: parse error',
    ],
    [
      'is overloaded',
      503,
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      'query timed out',
    ],
    ['answers in part', 200, success({ warnings: ['store 2 unavailable'] }), 'store 2 unavailable'],
    ['is a proxy with a page of its own', 502, '<html>Bad Gateway</html>', 'no query result'],
    [
      'answers with another type',
      200,
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      'no query result',
    ],
    ['has no such series', 200, success({}), 'no router_requests_total of payment'],
  ])('and %s is unavailable, never empty', async (_, status, body, words) => {
    await expect(readFrom(status, body)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(words),
    })
  })

  it('and hangs is timed out', async () => {
    await expect(readFrom(200, null)).rejects.toMatchObject({ code: 'timeout', retryable: true })
  })

  it('and is not there is unavailable', async () => {
    const samples = prometheusSamples({ url: 'http://127.0.0.1:1', timeoutMs: 500 })
    const query = { names: ['x'], services: ['a'], fromMs: 0, toMs: 1 }
    await expect(samples.rawBetween(query)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await samples.rawBetween({ ...query, services: [] })).toEqual([])
  })
})
