import { describe, expect, it } from 'vitest'
import type { Block, Rollout } from '../../../src/pipeline/contracts.ts'
import { judgeGrowth } from '../../../src/pipeline/verification/growth.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import { binomial, objective, rollout, seeded, settings } from './fixtures.ts'

const LEAK = { resource: 'open files' as const, perRequest: 1 }

/** Blocks of a canary that serves without errors beside a control that only fails, and opens this many files in each. */
function blocksOf(grown: readonly number[], requests = 20, weightPercent = 10): readonly Block[] {
  return grown.map((openFiles, index) => ({
    fromMs: index * 1_000,
    toMs: (index + 1) * 1_000,
    weightPercent,
    canary: { requests, errors: 0, slower: [], grown: { openFiles } },
    control: { requests: 180, errors: 180, slower: [] },
  }))
}

const state = (blocks: readonly Block[], changes: Partial<Rollout> = {}): Rollout =>
  rollout({ blocks, cures: ['error_ratio', 'growth'], growthBefore: LEAK, ...changes })
const judge = (of: Rollout) => verify(of, settings, objective, 'fix')
const times = (count: number, grown: number): number[] => Array.from({ length: count }, () => grown)

describe('growth', () => {
  it('has ended when block after block grows by less than half of what the old version added', () => {
    const verdict = judge(state(blocksOf([3, -2, 0, 1, 0, 0, -1, 0, 2, 0])))
    expect(verdict).toMatchObject({ decision: 'pass', cured: true })
    expect(verdict.reason).toContain(
      'open files: canary 0.01 more for each request (over 200), the old version 1.00',
    )
  })

  it('is not proved to have ended by the first blocks, although the errors are gone: a restart would look the same', () => {
    const verdict = judge(state(blocksOf(times(6, 0))))
    expect(verdict).toMatchObject({ decision: 'inconclusive', cured: false })
    expect(verdict.signals[0]?.pCure).toBeLessThan(1e-6)
    expect(verdict.reason).toContain('that the use of the resource no longer grows is not proved')
    expect(judge(state(blocksOf(times(6, 0)), { cures: ['error_ratio'] })).decision).toBe('pass')
  })

  it('goes on in a canary that leaks as before, or half as fast, without an error so far', () => {
    for (const perBlock of [20, 10]) {
      const verdict = judge(state(blocksOf(times(40, perBlock))))
      expect(verdict).toMatchObject({ decision: 'inconclusive', cured: false })
    }
  })

  it('is unknown where the canary does not say what it uses, or where the old growth is not known', () => {
    const blind = blocksOf(times(40, 0)).map((block) => ({
      ...block,
      canary: { requests: 20, errors: 0, slower: [] },
    }))
    expect(judgeGrowth(state(blind), settings)).toBeNull()
    const { growthBefore: _, ...unknown } = state(blocksOf(times(40, 0)))
    for (const of of [state(blind), unknown]) {
      const verdict = judge(of)
      expect(verdict).toMatchObject({ decision: 'inconclusive', cured: false })
      expect(verdict.reason).toContain('cannot be proved: it is not measured')
    }
  })

  it('must still be seen to have ended at 100 %, where the objective alone would pass', () => {
    const alone = (grown: readonly number[]): Rollout =>
      state(
        blocksOf(grown, 200, 100).map((block) => ({
          ...block,
          control: { requests: 0, errors: 0, slower: [] },
        })),
        { weightPercent: 100 },
      )
    expect(judge(alone(times(10, 0)))).toMatchObject({ decision: 'pass', objectiveMet: true })
    const leaking = judge(alone(times(10, 200)))
    expect(leaking).toMatchObject({ decision: 'inconclusive', objectiveMet: true })
    expect(leaking.reason).toContain(
      'The objective is met, but open files: canary 1.00 more for each request',
    )
  })

  it('is taken to have ended in fewer than beta of the canaries that leak half as fast, however often one looks', () => {
    const random = seeded(7)
    const runs = 400
    let fooled = 0
    for (let run = 0; run < runs; run += 1) {
      const grown = Array.from({ length: 60 }, () => binomial(20, 0.5, random))
      const blocks = blocksOf(grown)
      const ever = blocks.some(
        (_, at) => (judgeGrowth(state(blocks.slice(0, at + 1)), settings)?.pCure ?? 1) <= settings.beta,
      )
      if (ever) fooled += 1
    }
    expect(fooled / runs).toBeLessThanOrEqual(settings.beta)
  })

  it('counts memory in the same way', () => {
    const blocks = blocksOf(times(10, 0)).map((block) => ({
      ...block,
      canary: { ...block.canary, grown: { memoryBytes: 1_000 } },
    }))
    const memory = { resource: 'memory' as const, perRequest: 4_096 }
    expect(judge(state(blocks, { growthBefore: memory })).reason).toContain('the old version 4.0 KiB')
  })
})
