import { describe, expect, it } from 'vitest'
import {
  confidenceSequence,
  differenceInterval,
  logEAbove,
  logEBelow,
  logEOff,
} from '../../../src/pipeline/verification/proportion.ts'
import { binomial, seeded } from './fixtures.ts'

describe('statements about one proportion', () => {
  it('prove an error ratio below the objective only when it is', () => {
    expect(logEBelow({ n: 2000, x: 4 }, 0.01)).toBeGreaterThan(Math.log(20))
    expect(logEBelow({ n: 2000, x: 20 }, 0.01)).toBeLessThan(0)
    expect(logEAbove({ n: 2000, x: 60 }, 0.01)).toBeGreaterThan(Math.log(100))
    expect(logEAbove({ n: 2000, x: 20 }, 0.01)).toBeLessThan(0)
    expect(logEBelow({ n: 0, x: 0 }, 0.01)).toBeCloseTo(0, 12)
  })

  it('have an expectation of at most 1 on the border, by counting every outcome', () => {
    const n = 40
    for (const p of [0.01, 0.2, 0.5]) {
      let above = 0
      let below = 0
      let weight = (1 - p) ** n
      for (let x = 0; x <= n; x += 1) {
        above += weight * Math.exp(logEAbove({ n, x }, p))
        below += weight * Math.exp(logEBelow({ n, x }, p))
        weight *= ((n - x) / (x + 1)) * (p / (1 - p))
      }
      expect(above).toBeCloseTo(1, 9)
      expect(below).toBeCloseTo(1, 9)
    }
  })

  it('notice traffic that does not follow the weight, and leave the tolerance alone', () => {
    const at = (x: number, n: number) => logEOff([{ count: { n, x }, p0: 0.1 }], 1.25)
    expect(at(0, 200)).toBeGreaterThan(Math.log(1000))
    expect(at(400, 1000)).toBeGreaterThan(Math.log(1000))
    expect(at(11_000, 100_000)).toBeLessThan(0)
  })
})

describe('the confidence sequence', () => {
  it('holds the truth at every one of 120 looks in at least 95 % of runs', () => {
    const random = seeded(7)
    const runs = 100
    let misses = 0
    for (let run = 0; run < runs; run += 1) {
      const count = { n: 0, x: 0 }
      for (let look = 0; look < 120; look += 1) {
        count.n += 25
        count.x += binomial(25, 0.03, random)
        const [low, high] = confidenceSequence(count, 0.95)
        if (low > 0.03 || high < 0.03) {
          misses += 1
          break
        }
      }
    }
    expect(misses / runs).toBeLessThanOrEqual(0.05)
  })

  it('holds the running mean when the error ratio drifts', () => {
    const random = seeded(11)
    let misses = 0
    for (let run = 0; run < 60; run += 1) {
      const count = { n: 0, x: 0 }
      let sum = 0
      for (let look = 0; look < 100; look += 1) {
        const p = 0.02 + 0.2 * (look / 100)
        count.n += 50
        count.x += binomial(50, p, random)
        sum += 50 * p
        const [low, high] = confidenceSequence(count, 0.95)
        if (low > sum / count.n || high < sum / count.n) {
          misses += 1
          break
        }
      }
    }
    expect(misses / 60).toBeLessThanOrEqual(0.05)
  })

  it('is the whole range without data and narrows with it', () => {
    expect(confidenceSequence({ n: 0, x: 0 }, 0.95)).toEqual([0, 1])
    const [low, high] = confidenceSequence({ n: 1_000_000, x: 10_000 }, 0.95)
    expect(low).toBeGreaterThan(0.0095)
    expect(high).toBeLessThan(0.0105)
  })

  it('gives the difference of two sides, and none without both', () => {
    const [low, high] = differenceInterval({ n: 5000, x: 500 }, { n: 5000, x: 50 }, 0.95) ?? [0, 0]
    expect(low).toBeGreaterThan(0.05)
    expect(high).toBeLessThan(0.13)
    expect(differenceInterval({ n: 0, x: 0 }, { n: 5000, x: 50 }, 0.95)).toBeNull()
  })
})
