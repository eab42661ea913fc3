import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, Rollout, Verdict } from '../../../src/pipeline/contracts.ts'
import { nextStep } from '../../../src/pipeline/deployment/next-step.ts'
import { rollout, settings, verdict } from './fixtures.ts'

function block(toMs: number, canaryRequests = 100, weightPercent = 10): Block {
  return {
    fromMs: toMs - 5_000,
    toMs,
    weightPercent,
    canary: { requests: canaryRequests, errors: 0, slower: [0, 0, 0] },
    control: { requests: 900, errors: 0, slower: [0, 0, 0] },
  }
}

const pass = verdict({ decision: 'pass', reason: 'No harm.', noHarm: true })
const step = (state: Rollout, judged: Verdict, nowMs: number) => nextStep(state, judged, settings, nowMs)

describe('the next step', () => {
  it('is back at once on harm, without data too (N1)', () => {
    const fail = verdict({ decision: 'fail', reason: 'Worse: errors.' })
    expect(step(rollout({ unreadable: 3 }), fail, 5_000)).toEqual({
      kind: 'rollBack',
      reason: 'Worse: errors.',
    })
  })

  it('is back when the canary is ill, although the numbers are fine (N1)', () => {
    const state = rollout({
      blocks: [block(60_000)],
      health: { healthy: false, detail: 'its process has ended' },
    })
    expect(step(state, pass, 60_000)).toMatchObject({
      kind: 'rollBack',
      reason: expect.stringContaining('ended'),
    })
  })

  it.each([
    ['no data', rollout({ unreadable: 9 }), verdict()],
    ['no traffic', rollout({ blocks: [block(299_000, 0)] }), verdict()],
    ['a wrong split', rollout({ blocks: [block(299_000)] }), verdict({ trafficSplitOk: false })],
    ['no decision', rollout({ blocks: [block(299_000)] }), verdict()],
  ])('is back at the deadline with %s (N2)', (_, state, judged) => {
    expect(step(state, judged, 300_000)).toMatchObject({
      kind: 'rollBack',
      reason: expect.stringContaining('Unverified'),
    })
  })

  it('says that a fix was of no use when nothing got worse and nothing better (N2)', () => {
    const useless = verdict({ noHarm: true, cured: false })
    const state = rollout({ blocks: [block(299_000)] })
    expect(step(state, useless, 300_000).reason).toContain('No use')
    expect(step(state, useless, 300_000).reason).toContain('the errors did not fall either')
    const slow = { ...state, cures: ['slow_ratio' as const] }
    expect(step(slow, useless, 300_000).reason).toContain('the slow answers did not fall either')
  })

  it.each([
    ['counters that cannot be read', rollout({ blocks: [block(58_000)], unreadable: 1 }), pass],
    ['counters that have stood still', rollout({ blocks: [block(30_000)] }), pass],
    ['a canary whose traffic stopped', rollout({ blocks: [block(50_000), block(58_000, 0)] }), pass],
    ['a wrong split', rollout({ blocks: [block(58_000)] }), { ...pass, trafficSplitOk: false }],
    [
      'nothing measured since the change of weight',
      rollout({ blocks: [block(20_000)], phaseSinceMs: 21_000, weightPercent: 50 }),
      pass,
    ],
  ])('is to hold with %s, even on a pass (N3)', (_, state, judged) => {
    expect(step(state, judged, 60_000).kind).toBe('hold')
  })

  it('is forward on a pass, soaked, with requests at this weight (N4)', () => {
    const soaked = rollout({ blocks: [block(58_000)] })
    expect(step(soaked, pass, 60_000).kind).toBe('advance')
    expect(step(soaked, verdict(), 60_000).kind).toBe('wait')
    expect(step(rollout({ blocks: [block(20_000)] }), pass, 25_000)).toMatchObject({
      kind: 'wait',
      reason: expect.stringContaining('Soaking for another 5 s'),
    })
    expect(step(rollout({ blocks: [block(58_000, 19)] }), pass, 60_000)).toMatchObject({
      kind: 'wait',
      reason: expect.stringContaining('19 of 20'),
    })
  })

  it('does not count the requests of an earlier weight (N4)', () => {
    const state = rollout({
      weightPercent: 50,
      phaseSinceMs: 50_000,
      blocks: [block(48_000, 5000), block(95_000, 49, 50)],
    })
    expect(step(state, pass, 96_000)).toMatchObject({
      kind: 'wait',
      reason: expect.stringContaining('49 of 50'),
    })
  })

  it('asks for a person before the deadline', () => {
    const state = rollout({ blocks: [block(258_000)] })
    expect(step(state, verdict(), 260_000)).toMatchObject({
      kind: 'hold',
      reason: expect.stringContaining('in 40 s'),
    })
  })

  it('is never forward on anything but a pass with fresh traffic, whatever the state', () => {
    const states = fc.record({
      unreadable: fc.nat(2),
      healthy: fc.boolean(),
      decision: fc.constantFrom<Verdict['decision']>('pass', 'fail', 'inconclusive'),
      splitOk: fc.boolean(),
      requests: fc.nat(200),
      ageMs: fc.nat(60_000),
      nowMs: fc.integer({ min: 0, max: 400_000 }),
    })
    fc.assert(
      fc.property(states, (s) => {
        const state = rollout({
          unreadable: s.unreadable,
          health: { healthy: s.healthy, detail: 'test' },
          blocks: [block(s.nowMs - s.ageMs, s.requests)],
        })
        const kind = step(state, verdict({ decision: s.decision, trafficSplitOk: s.splitOk }), s.nowMs).kind
        if (kind === 'advance') {
          expect(s).toMatchObject({ unreadable: 0, healthy: true, decision: 'pass', splitOk: true })
          expect(s.requests).toBeGreaterThanOrEqual(settings.canary10.minCanaryRequests)
          expect(s.ageMs).toBeLessThanOrEqual(settings.staleAfterMs)
          expect(s.nowMs).toBeGreaterThanOrEqual(settings.canary10.soakMs)
        }
        if (s.nowMs >= 300_000 || s.decision === 'fail' || !s.healthy) expect(kind).toBe('rollBack')
      }),
      { numRuns: 500 },
    )
  })
})
