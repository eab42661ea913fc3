import { describe, expect, it } from 'vitest'
import { judgeSeason } from '../../../src/pipeline/detection/seasonal-baseline.ts'

const watch = { minSeasons: 3, direction: 'both', deviation: 6, relativeFloor: 0.1, floor: 1 } as const

/** Values that go up and down by `spread` around `level`. */
const season = (level: number, spread = 5): readonly number[] =>
  Array.from({ length: 20 }, (_, i) => level + spread * Math.sin(i * 2.4))
const weeks = [season(100), season(104), season(97), season(101)]

describe('a value against the same time of the seasons before', () => {
  it('is usual within the spread that they had, and unusual far from their median', () => {
    expect(judgeSeason(112, weeks, watch).kind).toBe('usual')
    expect(judgeSeason(20, weeks, watch)).toMatchObject({
      kind: 'unusual',
      usual: expect.closeTo(101, 0),
      scales: expect.closeTo(-8, 0),
      seasons: 4,
    })
    expect(judgeSeason(400, weeks, watch)).toMatchObject({ kind: 'unusual', scales: expect.closeTo(30, 0) })
  })

  it('is not judged where too few of them have values: no alarm without data', () => {
    const gaps = [season(100), [], [100, 101], season(99)]
    expect(judgeSeason(1e9, gaps, watch)).toEqual({
      kind: 'inconclusive',
      because: '2 of 4 earlier times have values, 3 are needed',
    })
    expect(judgeSeason(1e9, [], watch).kind).toBe('inconclusive')
    expect(judgeSeason(Number.NaN, weeks, watch).kind).toBe('inconclusive')
    expect(judgeSeason(20, [season(100), season(100), season(Number.NaN)], watch).kind).toBe('inconclusive')
  })

  it('is not misled by one season that held an incident', () => {
    const withIncident = [season(100), season(0, 0), season(97), season(101)]
    expect(judgeSeason(0, withIncident, watch).kind).toBe('unusual')
    expect(judgeSeason(104, withIncident, watch).kind).toBe('usual')
  })

  it('is usual in a flat series as long as it stays within the floors', () => {
    const flat = [season(0, 0), season(0, 0), season(0, 0)]
    expect(judgeSeason(5, flat, watch).kind).toBe('usual')
    expect(judgeSeason(7, flat, watch).kind).toBe('unusual')
    const high = [season(1_000, 0), season(1_000, 0), season(1_000, 0)]
    expect(judgeSeason(1_500, high, watch).kind).toBe('usual')
  })

  it('is unusual only in the direction that is watched', () => {
    expect(judgeSeason(400, weeks, { ...watch, direction: 'below' }).kind).toBe('usual')
    expect(judgeSeason(20, weeks, { ...watch, direction: 'below' }).kind).toBe('unusual')
    expect(judgeSeason(20, weeks, { ...watch, direction: 'above' }).kind).toBe('usual')
  })
})
