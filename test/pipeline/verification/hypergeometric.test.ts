import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  logLikelihoodRatio,
  logNormaliser,
  type Table,
} from '../../../src/pipeline/verification/hypergeometric.ts'
import { logFactorial, logSumExp } from '../../../src/pipeline/verification/log-math.ts'

/** Every term, without short cuts. */
function allTerms({ n, x, m, y }: Table, psi: number): number {
  const e = x + y
  const terms: number[] = []
  for (let k = Math.max(0, e - m); k <= Math.min(n, e); k += 1) {
    terms.push(
      k * Math.log(psi) -
        logFactorial(k) -
        logFactorial(n - k) -
        logFactorial(e - k) -
        logFactorial(m - e + k),
    )
  }
  return logSumExp(terms)
}

const table = (max: number) =>
  fc
    .record({
      n: fc.nat(max),
      m: fc.nat(max),
      a: fc.double({ min: 0, max: 1, noNaN: true }),
      b: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ n, m, a, b }): Table => ({ n, m, x: Math.round(a * n), y: Math.round(b * m) }))
const psi = fc.double({ min: 0.01, max: 60, noNaN: true })

describe('the normaliser of the noncentral hypergeometric distribution', () => {
  it('is the sum of all terms, for small tables', () => {
    fc.assert(
      fc.property(table(60), psi, (t, odds) => {
        expect(logNormaliser(t, odds)).toBeCloseTo(allTerms(t, odds), 9)
      }),
    )
  })

  it('is the sum of all terms, where it sums every few only', () => {
    fc.assert(
      fc.property(table(30_000), psi, (t, odds) => {
        expect(Math.abs(logNormaliser(t, odds) - allTerms(t, odds))).toBeLessThan(2e-8)
      }),
      { numRuns: 40 },
    )
  })

  it('gives ratios that are probabilities: h(x; psi) sums to 1', () => {
    const margins = { n: 40, m: 25, e: 30 }
    for (const odds of [0.1, 1, 1.25, 7]) {
      let sum = 0
      for (let x = 5; x <= 30; x += 1) {
        const t = { n: margins.n, x, m: margins.m, y: margins.e - x }
        const logTerm =
          x * Math.log(odds) -
          logFactorial(x) -
          logFactorial(t.n - x) -
          logFactorial(t.y) -
          logFactorial(t.m - t.y)
        sum += Math.exp(logTerm - logNormaliser(t, odds))
      }
      expect(sum).toBeCloseTo(1, 10)
    }
  })

  it('stays finite and exact enough with a million requests on each side', () => {
    const t = { n: 1e6, x: 480_000, m: 1e6, y: 520_000 }
    const ratio = logLikelihoodRatio(t, 1, 1.25)
    expect(Number.isFinite(ratio)).toBe(true)
    // The log-likelihood at the true odds ratio is larger by about half the squared distance in deviations.
    const deviations =
      (Math.log(1.25) - Math.log((0.48 * 0.48) / (0.52 * 0.52))) /
      Math.sqrt(4 * (1 / 480_000 + 1 / 520_000) * 0.5)
    expect(ratio).toBeGreaterThan(0.2 * deviations ** 2)
  })

  it('says nothing, exactly, where the margins leave no choice', () => {
    for (const t of [
      { n: 100, x: 0, m: 900, y: 0 },
      { n: 0, x: 0, m: 900, y: 9 },
      { n: 100, x: 3, m: 0, y: 0 },
      { n: 10, x: 10, m: 20, y: 20 },
    ]) {
      expect(logLikelihoodRatio(t, 3, 1.25)).toBe(0)
    }
  })
})
