import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../../src/pipeline/contracts.ts'
import { appendBlock, MAX_BLOCKS, openBlock } from '../../../src/pipeline/deployment/blocks.ts'
import { latencyEdges } from '../../../src/pipeline/deployment/start-rollout.ts'
import { reading, rollout, settings } from './fixtures.ts'

/** A rollout whose block was opened at 10 s. */
const open = (canary: number, control: number): Rollout =>
  openBlock(rollout(), [reading('v2', 10_000, canary), reading('v1', 10_000, control)])

describe('blocks', () => {
  it('are the differences of two readings, with the answers slower than each edge', () => {
    const next = appendBlock(
      open(100, 1000),
      [reading('v2', 15_000, 140, 3, 8), reading('v1', 15_000, 1400, 1, 20)],
      settings,
    )
    expect(next.blocks).toEqual([
      {
        fromMs: 10_000,
        toMs: 15_000,
        weightPercent: 10,
        canary: { requests: 40, errors: 3, slower: [8, 8, 0] },
        control: { requests: 400, errors: 1, slower: [20, 20, 0] },
      },
    ])
    expect(next.lastReadings[0]?.requests).toBe(140)
  })

  it('begin after the change of weight and the warm-up, never before (B1)', () => {
    const changed = { ...open(100, 1000), phaseSinceMs: 12_000, weightPercent: 50 }
    const early = appendBlock(changed, [reading('v2', 12_500, 110), reading('v1', 12_500, 1100)], settings)
    expect(early.blocks).toEqual([])
    expect(early.lastReadings).toEqual(changed.lastReadings)
    const opened = appendBlock(early, [reading('v2', 13_500, 120), reading('v1', 13_500, 1200)], settings)
    expect(opened.blocks).toEqual([])
    const closed = appendBlock(opened, [reading('v2', 18_500, 220), reading('v1', 18_500, 1300)], settings)
    expect(closed.blocks).toHaveLength(1)
    expect(closed.blocks[0]).toMatchObject({ fromMs: 13_500, weightPercent: 50, canary: { requests: 100 } })
  })

  it('begin when answers have had the time that the slowest of the control take (B1)', () => {
    const slow = { ...rollout({ latencyEdgesMs: [5, 5, 2_500] }), phaseSinceMs: 10_000 }
    const read = (atMs: number) => [
      {
        ...reading('v2', atMs, 100),
        buckets: [
          { leMs: 5, count: 100 },
          { leMs: 2_500, count: 100 },
        ],
      },
    ]
    expect(appendBlock(slow, read(12_400), settings).lastReadings).toEqual([])
    expect(appendBlock(slow, read(12_500), settings).lastReadings).toHaveLength(1)
  })

  it('say by how much the use of resources grew, and nothing where a process began anew (B6)', () => {
    const using = (atMs: number, requests: number, openFiles: number) => [
      { ...reading('v2', atMs, requests), uses: { openFiles, memoryBytes: 1_000 + requests } },
      reading('v1', atMs, 1000),
    ]
    const first = openBlock(rollout(), using(10_000, 100, 40))
    const grew = appendBlock(first, using(15_000, 140, 80), settings)
    expect(grew.blocks[0]?.canary.grown).toEqual({ openFiles: 40, memoryBytes: 40 })
    expect(grew.blocks[0]?.control.grown).toBeUndefined()
    const restarted = appendBlock(grew, using(20_000, 180, 12), settings)
    expect(restarted.blocks[1]?.canary.grown).toEqual({ memoryBytes: 40 })
  })

  it('wait for the next reading while they are too short (B2)', () => {
    const state = open(100, 1000)
    const next = appendBlock(state, [reading('v2', 13_999, 120), reading('v1', 13_999, 1200)], settings)
    expect(next).toEqual(state)
  })

  it('count a restarted counter from 0 (B3)', () => {
    const next = appendBlock(
      open(100, 1000),
      [reading('v2', 15_000, 7, 2), reading('v1', 15_000, 1400)],
      settings,
    )
    expect(next.blocks[0]?.canary).toMatchObject({ requests: 7, errors: 2 })
    expect(next.blocks[0]?.control.requests).toBe(400)
  })

  it('are dropped on both sides when a counter fell only partly (B3)', () => {
    const next = appendBlock(
      open(100, 1000),
      [reading('v2', 15_000, 140), reading('v1', 15_000, 800)],
      settings,
    )
    expect(next.blocks).toEqual([])
    expect(next.lastReadings[1]?.requests).toBe(800)
  })

  it('take a version that has no series yet for one without traffic', () => {
    const opened = openBlock(rollout(), [reading('v1', 10_000, 1000)])
    const next = appendBlock(opened, [reading('v2', 15_000, 12), reading('v1', 15_000, 1100)], settings)
    expect(next.blocks[0]?.canary.requests).toBe(12)
    const without = appendBlock(opened, [reading('v1', 15_000, 1100)], settings)
    expect(without.blocks[0]?.canary).toEqual({ requests: 0, errors: 0, slower: [0, 0, 0] })
  })

  it.each([
    ['no reading of either version', [reading('v0', 15_000, 5)]],
    ['NaN', [reading('v2', 15_000, Number.NaN), reading('v1', 15_000, 1100)]],
    ['a negative count', [reading('v2', 15_000, 120, -1), reading('v1', 15_000, 1100)]],
    [
      'a histogram that has lost its edge',
      [{ ...reading('v2', 15_000, 120), buckets: [] }, reading('v1', 15_000, 1100)],
    ],
  ])('are not made of %s, which counts as unreadable (B4)', (_, readings) => {
    const next = appendBlock(open(100, 1000), readings, settings)
    expect(next.blocks).toEqual([])
    expect(next.unreadable).toBe(1)
    const after = appendBlock(next, [reading('v2', 15_000, 120), reading('v1', 15_000, 1100)], settings)
    expect(after).toMatchObject({ unreadable: 0 })
    expect(after.blocks).toHaveLength(1)
  })

  it('stay bounded, lose no request and never merge across a change of weight (B5)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 600 }), (looks, changeAt) => {
        let state = openBlock(rollout(), [reading('v2', 10_000, 0), reading('v1', 10_000, 0)])
        for (let look = 1; look <= looks; look += 1) {
          if (look === changeAt) state = { ...state, weightPercent: 50 }
          const atMs = 10_000 + look * 5_000
          state = appendBlock(
            state,
            [reading('v2', atMs, look * 3, look), reading('v1', atMs, look * 9)],
            settings,
          )
        }
        expect(state.blocks.length).toBeLessThanOrEqual(MAX_BLOCKS)
        expect(state.blocks.reduce((sum, block) => sum + block.canary.requests, 0)).toBe(looks * 3)
        expect(state.blocks.reduce((sum, block) => sum + block.canary.errors, 0)).toBe(looks)
        const at10 = state.blocks.filter((block) => block.weightPercent === 10)
        const expected = Math.min(looks, changeAt - 1) * 3
        expect(at10.reduce((sum, block) => sum + block.canary.requests, 0)).toBe(expected)
      }),
      { numRuns: 25 },
    )
  })

  it('never hold more events than requests, whatever is read', () => {
    const counter = fc.nat(5000)
    fc.assert(
      fc.property(counter, counter, counter, counter, counter, counter, (a, b, c, d, e, f) => {
        const first = [reading('v2', 10_000, a, b, c), reading('v1', 10_000, 5000)]
        const second = [reading('v2', 15_000, d, e, f), reading('v1', 15_000, 6000)]
        for (const { canary } of appendBlock(openBlock(rollout(), first), second, settings).blocks) {
          expect(canary.requests).toBeGreaterThanOrEqual(0)
          for (const events of [canary.errors, ...canary.slower]) {
            expect(events).toBeGreaterThanOrEqual(0)
            expect(events).toBeLessThanOrEqual(canary.requests)
          }
        }
      }),
    )
  })
})

describe('the latency edges', () => {
  const buckets = [
    { leMs: 100, count: 1000 },
    { leMs: 5, count: 400 },
    { leMs: 10, count: 600 },
    { leMs: 50, count: 960 },
  ]

  const edges = (requests: number, given = buckets) =>
    latencyEdges({ version: 'v1', atMs: 0, requests, errors: 0, buckets: given }, 0)

  it("are the bucket edges at or above the control's p50, p95 and p99", () => {
    expect(edges(1000)).toEqual([10, 50, 100])
  })

  it('end at the last edge, and are none without traffic or histogram', () => {
    expect(edges(2000)).toEqual([100, 100, 100])
    expect(edges(0)).toEqual([])
    expect(edges(9, [])).toEqual([])
  })
})
