import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logistic, shiftByOutcomes } from '../../../src/pipeline/rca/calibrate.ts'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { JudgedDiagnosis } from '../../../src/pipeline/signals/telemetry.ts'
import { incidentCase, SETTINGS, shopMetrics } from './builders.ts'

const logOddsOf = (said: number): number => Math.log(said / (1 - said))
const judged = (said: number, outcomes: readonly boolean[]): readonly JudgedDiagnosis[] =>
  outcomes.map((right) => ({ logOdds: logOddsOf(said), right }))
const times = (n: number, right: boolean): readonly boolean[] => Array.from({ length: n }, () => right)
/** What a diagnosis like those is given with next. */
const next = (said: number, outcomes: readonly boolean[]): number =>
  logistic(logOddsOf(said) + shiftByOutcomes(judged(said, outcomes)))

describe('the outcomes of earlier diagnoses', () => {
  it('move nothing while there are none, little while there are few, and in the end decide', () => {
    expect(shiftByOutcomes([])).toBe(0)
    expect(next(0.8, [false])).toBeCloseTo(0.73, 2)
    expect(next(0.8, [...times(500, true), ...times(500, false)])).toBeCloseTo(0.5, 2)
  })

  it('hardly move what was said surely and was right', () => {
    expect(next(0.99, times(20, true))).toBeCloseTo(0.99, 2)
  })

  it('raise the confidence with every right one and lower it with every wrong one', () => {
    const any = fc.array(
      fc.record({ logOdds: fc.double({ min: -7, max: 7, noNaN: true }), right: fc.boolean() }),
    )
    fc.assert(
      fc.property(any, fc.double({ min: -7, max: 7, noNaN: true }), (before, logOdds) => {
        const shift = shiftByOutcomes(before)
        expect(shiftByOutcomes([...before, { logOdds, right: true }])).toBeGreaterThanOrEqual(shift - 1e-5)
        expect(shiftByOutcomes([...before, { logOdds, right: false }])).toBeLessThanOrEqual(shift + 1e-5)
      }),
    )
  })

  it('change how sure a ranking is and never its order', () => {
    const metrics = shopMetrics({
      gateway: { success: 0.7 },
      checkout: { success: 0.7 },
      payment: { success: 0.7 },
    })
    const [plain, humbled] = [[], judged(0.95, times(6, false))].map((outcomes) =>
      rankCase({ ...incidentCase({ metrics }), judged: outcomes }, SETTINGS),
    )
    expect(humbled?.ranked.map(({ service }) => service)).toEqual(plain?.ranked.map(({ service }) => service))
    expect(humbled?.ranked[0]?.confidence).toBeLessThan(plain?.ranked[0]?.confidence ?? 0)
    expect(plain?.confidenceShift).toBe(0)
    expect(humbled?.confidenceShift).toBeLessThan(-1)
  })
})
