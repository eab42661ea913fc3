import { describe, expect, it } from 'vitest'
import { calibrationOf } from '../../bench/rca/calibration.ts'
import type { Prediction } from '../../bench/rca/scores.ts'

const said = (
  confidence: number | null,
  first: string | null,
  more: Partial<Prediction> = {},
): Prediction => ({
  id: 'case',
  dataset: 'set',
  answer: { service: 'payment' },
  services: first === null ? [] : [first],
  change: null,
  confidence,
  ms: 1,
  processorMs: 1,
  ...more,
})

describe('the calibration of the bench', () => {
  it('compares what was said with how often it was right, in ten bins', () => {
    const all = [said(0.85, 'payment'), said(0.85, 'payment'), said(0.85, 'checkout'), said(0.25, 'checkout')]
    const { all: found } = calibrationOf({ all })
    expect(found?.bins).toEqual([
      { from: 0.2, said: 0.25, right: 0, n: 1 },
      { from: 0.8, said: expect.closeTo(0.85), right: expect.closeTo(2 / 3), n: 3 },
    ])
    expect(found?.ece).toBeCloseTo((0.25 + 3 * (0.85 - 2 / 3)) / 4)
    expect(found?.brier).toBeCloseTo((2 * 0.15 ** 2 + 0.85 ** 2 + 0.25 ** 2) / 4)
  })

  it('counts any cause named on a normal window as wrong, and no abstention at all', () => {
    const negative = said(0.9, 'payment', { answer: { service: null, negative: true } })
    const { all } = calibrationOf({ all: [negative, said(0.3, null), said(null, 'payment')] })
    expect(all).toMatchObject({ n: 1, ece: 0.9 })
  })

  it('says nothing where nothing was answered', () => {
    expect(calibrationOf({ none: [] })).toEqual({ none: { n: 0, ece: null, brier: null, bins: [] } })
  })
})
