import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, Rollout } from '../../../src/pipeline/contracts.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import {
  binomial,
  block,
  objective,
  rollout,
  rolloutOf,
  seeded,
  settings,
  side,
  type Counts,
} from './fixtures.ts'

const judge = (state: Rollout, kind: 'fix' | 'deploy' = 'deploy') => verify(state, settings, objective, kind)

function times(count: number, counts: Counts): Counts[] {
  return Array.from({ length: count }, () => counts)
}

describe('the verdict on a plain deploy', () => {
  it('fails a canary with clearly more errors, and says by which numbers', () => {
    const verdict = judge(rolloutOf(times(10, [100, 9, 900, 9])))
    expect(verdict.decision).toBe('fail')
    expect(verdict.harm).toBe(true)
    expect(verdict.reason).toContain('canary 9.00 % (90 of 1000)')
    expect(verdict.reason).toContain('control 1.00 % (90 of 9000)')
    const errors = verdict.signals[0]
    expect(errors?.pHarm).toBeLessThan(1e-6)
    expect(errors?.interval?.[0]).toBeGreaterThan(0)
    expect(verdict.requestsSeen).toBe(10_000)
  })

  it('passes one with the same errors once there is enough of it', () => {
    expect(judge(rolloutOf(times(3, [100, 1, 900, 9]))).decision).toBe('inconclusive')
    const verdict = judge(rolloutOf(times(40, [100, 1, 900, 9])))
    expect(verdict.decision).toBe('pass')
    expect(verdict.cured).toBeNull()
  })

  it('without a single error passes at n >= ln(1/beta) / delta requests, which is 600', () => {
    expect(judge(rolloutOf([[599, 0, 5400, 0]])).decision).toBe('inconclusive')
    expect(judge(rolloutOf([[600, 0, 5400, 0]])).decision).toBe('pass')
  })

  it('does not fail a difference below half a percentage point, however certain', () => {
    const verdict = judge(rolloutOf(times(20, [50_000, 200, 450_000, 900])))
    expect(verdict.signals[0]?.logEHarm).toBeGreaterThan(20)
    expect(verdict.decision).not.toBe('fail')
  })

  it('sees a slower canary by the answers above the fixed edges', () => {
    const slow = (state: { readonly canary: number; readonly control: number }): Rollout =>
      rollout({
        latencyEdgesMs: [10, 50, 100],
        blocks: Array.from({ length: 20 }, (_, index) => ({
          ...block([100, 0, 900, 0], 10, index),
          canary: side(100, 0, [50, state.canary, 1]),
          control: side(900, 0, [450, state.control, 9]),
        })),
      })
    const worse = judge(slow({ canary: 20, control: 45 }))
    expect(worse.decision).toBe('fail')
    expect(worse.reason).toContain('answers slower than 50 ms')
    expect(judge(slow({ canary: 5, control: 45 })).decision).toBe('pass')
  })
})

describe('what is never a pass (V2)', () => {
  const harmless = times(40, [100, 1, 900, 9])

  it.each<[string, Rollout, string]>([
    ['no blocks at all', rollout(), 'No traffic'],
    ['a canary without traffic', rolloutOf(times(20, [0, 0, 10, 0])), 'does not split'],
    ['a canary whose traffic has stopped', rolloutOf([...harmless, [0, 0, 3, 0]]), 'no traffic'],
    ['counts that are NaN', rolloutOf([...harmless, [Number.NaN, 0, 900, 9]]), 'no counts'],
    ['more errors than requests', rolloutOf([...harmless, [10, 11, 90, 0]]), 'no counts'],
    ['negative counts', rolloutOf([...harmless, [10, -1, 90, 0]]), 'no counts'],
    ['counters that could not be read', { ...rolloutOf(harmless), unreadable: 2 }, '2 times in a row'],
    ['a router that splits otherwise than told', rolloutOf(times(40, [400, 4, 600, 6])), '40.0 %'],
    [
      'latency edges without latency counts',
      { ...rolloutOf(harmless), latencyEdgesMs: [5, 9, 10] },
      'no counts',
    ],
  ])('%s', (_, state, words) => {
    const verdict = judge(state)
    expect(verdict.decision).toBe('inconclusive')
    expect(verdict.reason).toContain(words)
  })

  it('nothing at 100 %, although the steps before were fine', () => {
    const verdict = judge({ ...rolloutOf(harmless), weightPercent: 100, phase: 'VERIFICATION' })
    expect(verdict.decision).toBe('inconclusive')
    expect(verdict.objectiveMet).toBeNull()
  })

  it('any mixture of unusable numbers: verify neither throws nor passes', () => {
    const odd = fc.constantFrom(Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    fc.assert(
      fc.property(odd, fc.integer({ min: 0, max: 3 }), (value, position) => {
        const counts = [100, 1, 900, 9]
        counts[position] = value
        const verdict = judge(rolloutOf([...harmless, counts as unknown as Counts]))
        expect(verdict.decision).toBe('inconclusive')
      }),
    )
  })
})

describe('the verdict on a fix (V3)', () => {
  it('passes when the errors of a broken control are gone in the canary', () => {
    const verdict = judge(rolloutOf(times(5, [30, 0, 270, 80])), 'fix')
    expect(verdict.decision).toBe('pass')
    expect(verdict.cured).toBe(true)
    expect(verdict.reason).toContain('Cured')
  })

  it('does not pass when the canary is as broken as the control: no worse is not cured', () => {
    const verdict = judge(rolloutOf(times(20, [30, 9, 270, 80])), 'fix')
    expect(verdict).toMatchObject({ decision: 'inconclusive', noHarm: true, cured: false })
    expect(verdict.reason).toContain('that the errors fell is not proved')
    expect(judge(rolloutOf(times(20, [30, 9, 270, 80])), 'deploy').decision).toBe('pass')
  })

  it('fails when the fix makes it worse still', () => {
    expect(judge(rolloutOf(times(20, [30, 20, 270, 80])), 'fix').decision).toBe('fail')
  })

  it('does not take a control that fails fast for a fast one', () => {
    // A third of the control's answers are instant crashes; those that succeed are as slow as the canary's.
    const blocks: Block[] = Array.from({ length: 10 }, (_, index) => ({
      ...block([60, 0, 540, 180], 10, index),
      canary: side(60, 0, [30, 3, 1]),
      control: side(540, 180, [180, 18, 4]),
    }))
    const verdict = judge(rollout({ latencyEdgesMs: [5, 20, 50], blocks }), 'fix')
    expect(verdict.decision).toBe('pass')
    expect(verdict.signals[1]?.difference).toBeCloseTo(0, 6)
  })
})

describe('at 100 % the objective is the only test left (V4)', () => {
  const before = times(10, [100, 1, 900, 9]).map((counts, index) => block(counts, 10, index))
  const alone = (counts: readonly (readonly [number, number])[]): Rollout =>
    rollout({
      phase: 'VERIFICATION',
      weightPercent: 100,
      blocks: [...before, ...counts.map(([n, x], index) => block([n, x, 0, 0], 100, 10 + index))],
    })

  it('passes when the error ratio is proved below the objective', () => {
    const verdict = judge(alone([[1000, 0]]), 'fix')
    expect(verdict).toMatchObject({ decision: 'pass', objectiveMet: true })
    expect(verdict.reason).toContain('objective 1.00 %')
    expect(verdict.signals.at(-1)?.signal).toBe('objective')
  })

  it('waits while it is not', () => {
    const verdict = judge(alone([[100, 1]]), 'fix')
    expect(verdict).toMatchObject({ decision: 'inconclusive', objectiveMet: null })
    expect(verdict.reason).toContain('not proved yet')
  })

  it('fails when the error ratio is proved above it', () => {
    expect(judge(alone([[1000, 50]]), 'fix')).toMatchObject({ decision: 'fail', objectiveMet: false })
  })

  it('holds when the control still gets traffic', () => {
    const state = alone([])
    const verdict = judge({ ...state, blocks: [...before, block([500, 0, 500, 0], 100, 10)] }, 'fix')
    expect(verdict).toMatchObject({ decision: 'inconclusive', trafficSplitOk: false })
  })
})

describe('evidence', () => {
  it('is one process through a change of weight: the blocks of both steps count', () => {
    const steps = [block([100, 5, 900, 10], 10, 0), block([500, 25, 500, 5], 50, 1)]
    const both = judge(rollout({ weightPercent: 50, blocks: steps }))
    const alone = steps.map((one) => judge(rollout({ weightPercent: one.weightPercent, blocks: [one] })))
    const most = Math.max(...alone.map((verdict) => verdict.signals[0]?.logEHarm ?? 0))
    expect(both.signals[0]?.logEHarm).toBeGreaterThan(most)
  })

  it('grows with every error that moves to the canary', () => {
    const logE = (x: number) => judge(rolloutOf([[200, x, 1800, 40 - x]])).signals[0]?.logEHarm ?? 0
    for (let x = 0; x < 40; x += 1) expect(logE(x + 1)).toBeGreaterThanOrEqual(logE(x))
  })

  it('is tempered by over-dispersion', () => {
    const state = rolloutOf(times(6, [100, 6, 900, 9]))
    const plain = judge(state).signals[0]?.logEHarm ?? 0
    const tempered = verify(state, { ...settings, overDispersion: 2 }, objective, 'deploy').signals[0]
    expect(tempered?.logEHarm).toBeCloseTo(plain / 2, 9)
  })

  it('is the same however often it is asked for (V5)', () => {
    const state = rolloutOf(times(6, [100, 6, 900, 9]))
    const { computeMs: first, ...one } = judge(state)
    const { computeMs: second, ...two } = judge(state)
    expect(one).toEqual(two)
    expect(first).toBeGreaterThan(0)
    expect(second).toBeGreaterThan(0)
  })
})

describe('false alarms (V1)', () => {
  it('are at most 1 % of A/A runs looked at 60 times, with latency signals voting too', () => {
    const random = seeded(3)
    const runs = 100
    let alarms = 0
    for (let run = 0; run < runs; run += 1) {
      if (alarmsWithin(60, random)) alarms += 1
    }
    expect(alarms).toBeLessThanOrEqual(3)
  })

  /** Both versions the same: 1 % errors, and answers above the edges as the quantiles say. */
  function alarmsWithin(looks: number, random: () => number): boolean {
    const draw = (n: number) => {
      const errors = binomial(n, 0.01, random)
      return side(n, errors, [binomial(n, 0.5, random), binomial(n, 0.05, random), binomial(n, 0.01, random)])
    }
    const blocks: Block[] = []
    for (let look = 0; look < looks; look += 1) {
      blocks.push({ ...block([0, 0, 0, 0], 10, look), canary: draw(50), control: draw(450) })
      if (look % 5 === 4 && judge(rollout({ latencyEdgesMs: [5, 20, 50], blocks })).decision === 'fail')
        return true
    }
    return false
  }
})
