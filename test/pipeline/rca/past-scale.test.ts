import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PAST_METHODS, pastScale } from '../../../src/pipeline/rca/past-scale.ts'
import { noise } from './builders.ts'

const samples = fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 1, maxLength: 80 })
const noFloor = (): number => 0
const near = (value: number, expected: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(expected)))

/** A past around 20, without and with one sample far off. */
const calm = Array.from({ length: 61 }, (_, k) => 20 + noise(k))
const withOutlier = calm.with(30, 500)

describe.each(PAST_METHODS)('the scale of the past by %s', (method) => {
  it('is never below the floor of its own centre', () => {
    const floorAt = (centre: number): number => Math.max(0.05 * Math.abs(centre), 0.001)
    fc.assert(
      fc.property(samples, (before) => {
        const { centre = 0, scaleUp = 0, scaleDown = 0 } = pastScale(before, method, floorAt) ?? {}
        expect(Math.min(scaleUp, scaleDown)).toBeGreaterThanOrEqual(floorAt(centre))
      }),
    )
  })

  it('is the floor where nothing ever moved, and where there is one sample only', () => {
    for (const before of [[7, 7, 7, 7], [7]])
      expect(pastScale(before, method, () => 0.35)).toEqual({ centre: 7, scaleUp: 0.35, scaleDown: 0.35 })
  })

  it('above the floor moves with a shift of the series and grows with its unit', () => {
    const factors = fc.integer({ min: 1, max: 1000 })
    fc.assert(
      fc.property(samples, factors, fc.integer({ min: -10_000, max: 10_000 }), (before, factor, shift) => {
        const one = pastScale(before, method, noFloor)
        const other = pastScale(
          before.map((value) => factor * value + shift),
          method,
          noFloor,
        )
        near(other?.centre ?? Number.NaN, factor * (one?.centre ?? Number.NaN) + shift)
        near(other?.scaleUp ?? Number.NaN, factor * (one?.scaleUp ?? Number.NaN))
        near(other?.scaleDown ?? Number.NaN, factor * (one?.scaleDown ?? Number.NaN))
      }),
    )
  })

  it('has its sides changed over where the series is turned upside down', () => {
    fc.assert(
      fc.property(samples, (before) => {
        const one = pastScale(before, method, noFloor)
        const turned = pastScale(
          before.map((value) => -value),
          method,
          noFloor,
        )
        near(turned?.scaleUp ?? Number.NaN, one?.scaleDown ?? Number.NaN)
        near(turned?.scaleDown ?? Number.NaN, one?.scaleUp ?? Number.NaN)
      }),
    )
  })

  it('does not depend on the order of the samples', () => {
    const { centre, scaleUp, scaleDown } = pastScale(calm, method, noFloor) ?? {}
    const turned = pastScale(calm.toReversed(), method, noFloor)
    near(turned?.centre ?? Number.NaN, centre ?? Number.NaN)
    near(turned?.scaleUp ?? Number.NaN, scaleUp ?? Number.NaN)
    near(turned?.scaleDown ?? Number.NaN, scaleDown ?? Number.NaN)
  })

  it('is the standard deviation of what is normally distributed', () => {
    // Sums of twelve uniform variables, of variance 1.
    const normal = Array.from({ length: 4000 }, (_, k) =>
      Array.from({ length: 12 }, (__, j) => noise(12 * k + j) / 2).reduce((sum, value) => sum + value, 0),
    )
    const { centre, scaleUp, scaleDown } = pastScale(normal, method, noFloor) ?? {}
    expect(centre).toBeCloseTo(0, 1)
    for (const scale of [scaleUp, scaleDown]) expect(Math.abs((scale ?? 0) - 1)).toBeLessThan(0.06)
  })

  it('is unknown without samples', () => {
    expect(pastScale([], method, () => 1)).toBeNull()
  })
})

describe('the methods', () => {
  it('take what they are named after', () => {
    const before = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]
    const taken = Object.fromEntries(
      PAST_METHODS.map((method) => [method, pastScale(before, method, noFloor)]),
    )
    const alike = (centre: number, scale: number) => ({ centre, scaleUp: scale, scaleDown: scale })
    expect(taken).toEqual({
      'quantile-range': { centre: 6, scaleUp: (55 - 6) / 1.645, scaleDown: 5 / 1.349 },
      mad: alike(6, 1.4826 * 3),
      iqr: alike(6, 5 / 1.349),
      sigma: alike(155 / 11, expect.closeTo(Math.sqrt(10_385 / 11 - (155 / 11) ** 2), 9) as number),
    })
  })

  it('differ in what one outlier does: it moves sigma, and the robust ones hardly', () => {
    const growth = (method: (typeof PAST_METHODS)[number]): number =>
      (pastScale(withOutlier, method, noFloor)?.scaleUp ?? Number.NaN) /
      (pastScale(calm, method, noFloor)?.scaleUp ?? Number.NaN)
    expect(growth('sigma')).toBeGreaterThan(50)
    for (const method of ['mad', 'iqr', 'quantile-range'] as const) {
      expect(growth(method)).toBeGreaterThan(0.9)
      expect(growth(method)).toBeLessThan(1.1)
    }
  })

  it('differ in what a past with spikes does: only quantile-range widens the one side on which it spikes', () => {
    const spiky = calm.map((value, k) => (k % 8 === 0 ? 300 : value))
    const { scaleUp = 0, scaleDown = 0 } = pastScale(spiky, 'quantile-range', noFloor) ?? {}
    expect(scaleUp).toBeGreaterThan(100)
    expect(scaleDown).toBeLessThan(2)
    for (const method of ['mad', 'iqr'] as const)
      expect(pastScale(spiky, method, noFloor)?.scaleUp).toBeLessThan(2)
  })
})
