import { describe, expect, it } from 'vitest'
import { traceQueries } from '../../../src/integrations/traces/trace-queries.ts'

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `s${i}`)
const TEN_MINUTES = { fromMs: 0, toMs: 600_000 }

describe('the questions of a sample', () => {
  it('cover the window for every service, without gaps', () => {
    const queries = traceQueries(names(3), TEN_MINUTES, 300)
    expect(queries).toHaveLength(30)
    for (const service of names(3)) {
      const slices = queries
        .filter((query) => query.service === service)
        .toSorted((a, b) => a.fromMs - b.fromMs)
      expect(slices[0]?.fromMs).toBe(0)
      expect(slices.at(-1)?.toMs).toBe(600_000)
      slices.slice(1).forEach(({ fromMs }, i) => expect(fromMs).toBe(slices[i]?.toMs))
    }
  })

  it('begin with the newest time and the oldest, so that both sides of an incident are there', () => {
    const queries = traceQueries(names(1), TEN_MINUTES, 300)
    expect(queries.slice(0, 4).map(({ fromMs }) => fromMs / 60_000)).toEqual([9, 0, 8, 1])
    expect(new Set(queries.map(({ fromMs }) => fromMs)).size).toBe(10)
  })

  it('stay few where services are many, and ask for the time before the incident nevertheless', () => {
    const queries = traceQueries(names(200), TEN_MINUTES, 1_000)
    expect(queries).toHaveLength(400)
    expect(new Set(queries.map(({ limit }) => limit))).toEqual(new Set([10]))
  })

  it('are one for a service where the window is short', () => {
    expect(traceQueries(names(2), { fromMs: 0, toMs: 60_000 }, 100)).toHaveLength(2)
  })

  it('begin with other services at another time', () => {
    const first = (toMs: number) => traceQueries(names(3), { fromMs: 0, toMs }, 300)[0]?.service
    expect(new Set([600_000, 601_000, 602_000].map(first)).size).toBe(3)
  })

  it('are none for no services, or no time', () => {
    expect(traceQueries([], TEN_MINUTES, 300)).toEqual([])
    expect(traceQueries(names(2), { fromMs: 5, toMs: 5 }, 300)).toEqual([])
  })
})
