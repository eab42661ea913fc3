import { describe, expect, it } from 'vitest'
import { etaText, evidenceTimes, type Traffic } from '../../../src/pipeline/verification/evidence-time.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import { binomial, objective, rolloutOf, seeded, settings, type Counts } from './fixtures.ts'

const steps = [
  { percent: 10, soakMs: 4_000, minCanaryRequests: 20 },
  { percent: 50, soakMs: 4_000, minCanaryRequests: 100 },
  { percent: 100, soakMs: 4_000, minCanaryRequests: 200 },
]
const traffic = (overrides: Partial<Traffic>): Traffic => ({
  requestsPerSecond: 100,
  errorRatio: 0.3,
  latency: false,
  ...overrides,
})
const times = (now: Traffic, kind: 'fix' | 'deploy') =>
  evidenceTimes(now, { steps, objective, kind }, settings)

describe('how long the evidence will take', () => {
  it('is within a factor of two of what a simulated rollout takes', () => {
    for (const [now, canaryRatio, kind] of [
      [traffic({ errorRatio: 0.3 }), 0.001, 'fix'],
      [traffic({ errorRatio: 0.05 }), 0.001, 'fix'],
      [traffic({ errorRatio: 0.02 }), 0.02, 'deploy'],
    ] as const) {
      const said = (times(now, kind)[0]?.ms ?? 0) / 1000
      const taken = medianSeconds(now, canaryRatio, kind)
      expect(said / Math.max(4, taken)).toBeGreaterThan(0.5)
      expect(said / Math.max(4, taken)).toBeLessThan(2)
    }
  })

  it('without errors on either side is 600 requests of the canary', () => {
    expect(times(traffic({ errorRatio: 0 }), 'deploy')[0]?.ms).toBeCloseTo(59_915, -1)
  })

  it('falls with traffic, is never below the soak, and is nothing where nothing can be decided', () => {
    expect(times(traffic({ requestsPerSecond: 10 }), 'deploy')[0]?.ms).toBeGreaterThan(
      times(traffic({}), 'deploy')[0]?.ms ?? 0,
    )
    expect(times(traffic({ requestsPerSecond: 1e6 }), 'deploy').map((one) => one.ms)).toEqual([
      4_000,
      4_000,
      null,
    ])
    expect(times(traffic({ errorRatio: 0 }), 'fix')[0]?.ms).toBeNull()
    expect(times(traffic({ requestsPerSecond: 0 }), 'fix')[0]?.ms).toBeNull()
  })

  it('is said in words', () => {
    const now = traffic({ requestsPerSecond: 120 })
    expect(
      etaText(
        [
          { percent: 10, ms: 45_000 },
          { percent: 50, ms: 150_000 },
          { percent: 100, ms: null },
        ],
        now,
      ),
    ).toBe("About 45 s at 10 %, 3 min at 50 %, no decision at 100 %, at today's 120 requests/s.")
    expect(etaText([], traffic({ requestsPerSecond: 0 }))).toContain('no traffic')
  })
})

/** Seconds until the pass at 10 %, looked at every second; the median of 15 runs. */
function medianSeconds(now: Traffic, canaryRatio: number, kind: 'fix' | 'deploy'): number {
  const random = seeded(9)
  const runs = Array.from({ length: 15 }, () => {
    const blocks: Counts[] = []
    for (let second = 1; second < 400; second += 1) {
      const n = now.requestsPerSecond
      blocks.push([
        n * 0.1,
        binomial(n * 0.1, canaryRatio, random),
        n * 0.9,
        binomial(n * 0.9, now.errorRatio, random),
      ])
      if (verify(rolloutOf(blocks), settings, objective, kind).decision === 'pass') return second
    }
    return 400
  })
  return runs.toSorted((a, b) => a - b)[7] ?? 400
}
