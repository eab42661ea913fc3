import { afterEach, describe, expect, it } from 'vitest'
import { prometheusQueries } from '../../../src/integrations/prometheus/prometheus-queries.ts'
import { httpServer, type Answered } from '../../support/http-server.ts'

let server: Awaited<ReturnType<typeof httpServer>>
afterEach(() => server.close())

async function answering(answer: Answered) {
  server = await httpServer(() => answer)
  return prometheusQueries({ url: server.url, timeoutMs: 2_000 })
}
const success = (data: object): Answered => ({ body: { status: 'success', data } })

describe('a query of Prometheus', () => {
  it('gives the value of each series at that time, without what is no number', async () => {
    const result = [
      { metric: { service: 'a' }, value: [1, '0.25'] },
      { metric: { service: 'b' }, value: [1, 'NaN'] },
      { metric: { service: 'c' }, value: [1, '+Inf'] },
    ]
    const queries = await answering(success({ resultType: 'vector', result }))
    expect(await queries.valuesAt('up > 0', 1_500)).toEqual([
      { labels: { service: 'a' }, value: 0.25 },
      { labels: { service: 'c' }, value: Number.POSITIVE_INFINITY },
    ])
    expect(server.asked[0]?.url.pathname).toBe('/api/v1/query')
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toEqual({
      query: 'up > 0',
      time: '1.500',
    })
  })

  it('takes a number without series as one without labels', async () => {
    const queries = await answering(success({ resultType: 'scalar', result: [1, '7'] }))
    expect(await queries.valuesAt('scalar(sum(up))', 0)).toEqual([{ labels: {}, value: 7 }])
  })

  it('gives the values of each series over a stretch, gaps left out', async () => {
    const result = [
      {
        metric: { service: 'a' },
        values: [
          [1, '1'],
          [31, 'NaN'],
          [61, '3'],
        ],
      },
    ]
    const queries = await answering(success({ resultType: 'matrix', result }))
    const range = { fromMs: 1_000, toMs: 61_000, stepMs: 30_000 }
    expect(await queries.valuesBetween('up', range)).toEqual([{ labels: { service: 'a' }, values: [1, 3] }])
    const sent = Object.fromEntries(new URLSearchParams(server.asked[0]?.body))
    expect(sent).toEqual({ query: 'up', start: '1.000', end: '61.000', step: '30.000' })
  })

  it.each([
    [
      'a mistake in it',
      { status: 400, body: { status: 'error', errorType: 'bad_data', error: 'parse error' } },
    ],
    [
      'a partial answer',
      { body: { status: 'success', data: { resultType: 'vector', result: [] }, warnings: ['store down'] } },
    ],
    ['an answer of another kind', success({ resultType: 'matrix', result: [] })],
    ['a page of a proxy', { body: '<html>' }],
  ])('throws for %s', async (_, answer) => {
    const queries = await answering(answer)
    await expect(queries.valuesAt('up', 0)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
