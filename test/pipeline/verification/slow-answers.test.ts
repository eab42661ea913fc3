import { describe, expect, it } from 'vitest'
import type { Block, Rollout } from '../../../src/pipeline/contracts.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import { rollout, settings, side } from './fixtures.ts'

const objective = { errorRatio: 0.01, latencyP95Ms: 300 }
const EDGES = [10, 50, 2500, 250]
const judge = (state: Rollout) => verify(state, settings, objective, 'fix')

interface Sides {
  /** Requests and, of them, slow ones. */
  readonly canary: readonly [number, number]
  readonly control: readonly [number, number]
}

function blockOf({ canary, control }: Sides, weightPercent: number, index: number): Block {
  return {
    fromMs: index * 10_000,
    toMs: (index + 1) * 10_000,
    weightPercent,
    canary: side(canary[0], 0, [canary[1], canary[1], 0, canary[1]]),
    control: side(control[0], 0, [control[1], control[1], 0, control[1]]),
  }
}

function slowRollout(sides: Sides, count: number, weightPercent = 10): Rollout {
  const blocks = Array.from({ length: count }, (_, index) => blockOf(sides, weightPercent, index))
  return rollout({ latencyEdgesMs: EDGES, cures: ['slow_ratio'], weightPercent, blocks })
}

describe('the verdict on a fix of slow answers', () => {
  it('is a cure when the canary has lost its slow answers, although no error was there to fall', () => {
    const verdict = judge(slowRollout({ canary: [100, 0], control: [900, 200] }, 7))
    expect(verdict).toMatchObject({ decision: 'pass', cured: true })
    expect(verdict.reason).toMatch(
      /^Cured and no harm: answers slower than 250 ms: canary 0\.00 % \(0 of 700\)/,
    )
    expect(verdict.signals.map(({ signal, logECure }) => [signal, logECure !== null])).toEqual([
      ['error_ratio', false],
      ['latency_p50', false],
      ['latency_p95', false],
      ['latency_p99', false],
      ['slow_ratio', true],
      ['objective', false],
      ['objective_latency', false],
    ])
  })

  it('is none when the canary is as slow: that nothing got worse cures nothing', () => {
    const verdict = judge(slowRollout({ canary: [100, 22], control: [900, 200] }, 20))
    expect(verdict).toMatchObject({ decision: 'inconclusive', noHarm: true, cured: false })
    expect(verdict.reason).toContain('that the slow answers fell is not proved')
  })

  it('is none where slow answers are not measured', () => {
    const blind = {
      ...slowRollout({ canary: [100, 0], control: [900, 200] }, 20),
      latencyEdgesMs: EDGES.slice(0, 3),
    }
    const verdict = judge(blind)
    expect(verdict).toMatchObject({ decision: 'inconclusive', cured: false })
    expect(verdict.reason).toContain('it is not measured')
  })

  it('says how many requests without an error are still wanted', () => {
    const verdict = judge(slowRollout({ canary: [100, 0], control: [900, 200] }, 2))
    expect(verdict.reason).toContain('no errors on either side: 200 of 600 requests of the canary')
  })

  it('is worse when the answers come quickly as errors', () => {
    const state = slowRollout({ canary: [100, 0], control: [900, 200] }, 10)
    const failing = state.blocks.map((block) => ({ ...block, canary: { ...block.canary, errors: 20 } }))
    expect(judge({ ...state, blocks: failing }).decision).toBe('fail')
  })

  it('at 100 % must meet the objective of the latency as well as that of the errors', () => {
    const quick = slowRollout({ canary: [200, 2], control: [0, 0] }, 5, 100)
    expect(judge(quick)).toMatchObject({ decision: 'pass', objectiveMet: true })
    const slow = slowRollout({ canary: [200, 40], control: [0, 0] }, 5, 100)
    expect(judge(slow)).toMatchObject({ decision: 'fail', objectiveMet: false })
    expect(judge(slow).reason).toContain('answers slower than 250 ms against the objective')
  })

  it('asks for no latency where errors are what was to be cured', () => {
    const slow = {
      ...slowRollout({ canary: [200, 40], control: [0, 0] }, 5, 100),
      cures: ['error_ratio' as const],
    }
    expect(judge(slow)).toMatchObject({ decision: 'pass', objectiveMet: true })
  })

  it('does not compare with the last answers of a control that has no traffic any more', () => {
    const ten = slowRollout({ canary: [100, 22], control: [900, 200] }, 5)
    const stragglers = Array.from({ length: 40 }, (_, index) =>
      blockOf({ canary: [500, 5], control: [3, 3] }, 100, 10 + index),
    )
    const verdict = judge({ ...ten, weightPercent: 100, blocks: [...ten.blocks, ...stragglers] })
    expect(verdict.cured).toBe(false)
  })
})
