import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeightedBackends } from '../../demo/shop/router/weighted-backends.ts'

/** Whole weights that sum to 100. */
const weights = fc
  .array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 })
  .map((cuts) => [0, ...cuts.sort((left, right) => left - right), 100])
  .map((bounds) => bounds.slice(1).map((bound, index) => bound - (bounds[index] ?? 0)))

const backendsOf = (shares: readonly number[]) =>
  shares.map((weight, index) => ({ version: `v${index}`, url: `http://127.0.0.1:${9000 + index}`, weight }))

describe('WeightedBackends', () => {
  it('gives every backend exactly its weight of any 100 picks in a row', () => {
    fc.assert(
      fc.property(weights, fc.nat(250), (shares, skipped) => {
        const backends = new WeightedBackends(backendsOf(shares))
        for (let pick = 0; pick < skipped; pick++) backends.next()
        const picked = Array.from({ length: 100 }, () => backends.next()?.version)
        const counts = shares.map((_, index) => picked.filter((version) => version === `v${index}`).length)
        expect(counts).toEqual(shares)
      }),
    )
  })

  it('spreads a canary of 10 % evenly: nine picks of the control between two of its own', () => {
    const backends = new WeightedBackends(backendsOf([90, 10]))
    const picked = Array.from({ length: 60 }, () => backends.next()?.version)
    const gaps = picked
      .flatMap((version, index) => (version === 'v1' ? [index] : []))
      .map((at, n, all) => at - (all[n - 1] ?? at - 10))
    expect(gaps).toEqual([10, 10, 10, 10, 10, 10])
  })

  it('has nothing to pick where no backend takes traffic', () => {
    expect(new WeightedBackends([]).next()).toBeUndefined()
  })
})
