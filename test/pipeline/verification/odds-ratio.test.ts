import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Table } from '../../../src/pipeline/verification/hypergeometric.ts'
import { logECure, logEHarm, logENoHarm } from '../../../src/pipeline/verification/odds-ratio.ts'

const tables = [
  [100, 3, 900, 9],
  [98, 4, 911, 8],
  [105, 3, 890, 11],
  [101, 5, 905, 9],
].map(([n = 0, x = 0, m = 0, y = 0]): Table => ({ n, x, m, y }))

describe('the e-processes of the odds ratio', () => {
  // Reference values: every term summed in another language from the same formula.
  it.each([
    [1, 0.43609],
    [2, 2.42212],
    [3, 2.76499],
    [4, 5.64065],
  ])('have the known values of harm against "no worse" after block %i', (blocks, expected) => {
    expect(logEHarm(tables.slice(0, blocks), 1)).toBeCloseTo(expected, 5)
  })

  it.each([
    [1, 0.07267, -0.62597, -1.90065],
    [2, 1.52238, -1.62384, -3.06097],
    [3, 1.60324, -1.93296, -3.69407],
    [4, 3.69848, -2.9952, -4.77486],
  ])('have the known values at 1.25, 2 and 1/2 after block %i', (blocks, harm, noHarm, cure) => {
    const seen = tables.slice(0, blocks)
    expect(logEHarm(seen, 1.25)).toBeCloseTo(harm, 4)
    expect(logENoHarm(seen, 2)).toBeCloseTo(noHarm, 4)
    expect(logECure(seen, 2)).toBeCloseTo(cure, 4)
  })

  it('are exactly 0 without errors and without canary traffic', () => {
    const silent = [
      { n: 100, x: 0, m: 900, y: 0 },
      { n: 0, x: 0, m: 900, y: 9 },
    ]
    expect(logEHarm(silent, 1.25)).toBe(0)
    expect(logENoHarm(silent, 2)).toBe(0)
    expect(logECure(silent, 2)).toBe(0)
    expect(logEHarm([], 1)).toBe(0)
  })

  it('have an expectation of at most 1 under their hypotheses, by counting every outcome', () => {
    const margins = { n: 12, m: 20 }
    for (const p of [0.1, 0.5]) {
      for (const [logE, oddsRatios] of [
        [(t: Table) => logEHarm([t], 1.25), [0.5, 1, 1.25]],
        [(t: Table) => logENoHarm([t], 2), [2, 3, 8]],
        [(t: Table) => logECure([t], 2), [0.5, 1, 2]],
      ] as const) {
        for (const oddsRatio of oddsRatios) {
          expect(expectation(margins, p, oddsRatio, logE)).toBeLessThanOrEqual(1 + 1e-9)
        }
      }
    }
  })

  it('are martingales on the border itself: the expectation is 1', () => {
    const margins = { n: 12, m: 20 }
    expect(expectation(margins, 0.3, 1.25, (t) => logEHarm([t], 1.25))).toBeCloseTo(1, 8)
    expect(expectation(margins, 0.3, 2, (t) => logENoHarm([t], 2))).toBeCloseTo(1, 8)
    expect(expectation(margins, 0.3, 0.5, (t) => logECure([t], 2))).toBeCloseTo(1, 8)
  })

  it('grow with every further error of the canary, and the proofs of harmlessness and cure fall', () => {
    const more = fc.record({
      n: fc.integer({ min: 5, max: 400 }),
      m: fc.integer({ min: 5, max: 4000 }),
      a: fc.double({ min: 0, max: 0.9, noNaN: true }),
      b: fc.double({ min: 0, max: 0.9, noNaN: true }),
    })
    fc.assert(
      fc.property(more, ({ n, m, a, b }) => {
        // The margins stay: one error moves from the control to the canary.
        const x = Math.floor(a * (n - 1))
        const y = Math.floor(b * (m - 1)) + 1
        const before = [{ n, x, m, y }]
        const after = [{ n, x: x + 1, m, y: y - 1 }]
        expect(logEHarm(after, 1.25)).toBeGreaterThanOrEqual(logEHarm(before, 1.25) - 1e-7)
        expect(logENoHarm(after, 2)).toBeLessThanOrEqual(logENoHarm(before, 2) + 1e-7)
        expect(logECure(after, 2)).toBeLessThanOrEqual(logECure(before, 2) + 1e-7)
      }),
    )
  })
})

function expectation(
  margins: { readonly n: number; readonly m: number },
  controlP: number,
  oddsRatio: number,
  logE: (table: Table) => number,
): number {
  const odds = (controlP / (1 - controlP)) * oddsRatio
  const canaryP = odds / (1 + odds)
  let sum = 0
  for (let x = 0; x <= margins.n; x += 1) {
    for (let y = 0; y <= margins.m; y += 1) {
      const probability = binomialP(margins.n, x, canaryP) * binomialP(margins.m, y, controlP)
      sum += probability * Math.exp(logE({ ...margins, x, y }))
    }
  }
  return sum
}

function binomialP(n: number, x: number, p: number): number {
  let choose = 1
  for (let i = 0; i < x; i += 1) choose = (choose * (n - i)) / (i + 1)
  return choose * p ** x * (1 - p) ** (n - x)
}
