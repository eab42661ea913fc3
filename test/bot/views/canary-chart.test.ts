import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Rollout } from '../../../src/pipeline/contracts.ts'
import { renderPng } from '../../../src/bot/delivery/render-png.ts'
import { canaryChart } from '../../../src/bot/views/canary-chart.ts'
import { chartBins, wilson } from '../../../src/bot/views/chart-bins.ts'
import { blocks, inconclusive, passed, RECORDS } from '../../support/incident-records.ts'

const rollout = RECORDS.verifying.rollout as Rollout
const chartOf = (change: Partial<Rollout>) => canaryChart({ ...rollout, ...change }, passed)

describe('the canary graph', () => {
  it('shows both sides, the weights, the latency panel and what they mean', () => {
    const svg = chartOf({})?.svg ?? ''
    for (const words of [
      'canary 77c1e05',
      'control 1f0c9a2',
      '10 % of the traffic',
      '50 %',
      '100 %',
      'Error ratio',
      'Answers slower than 50 ms',
      '95 % interval',
      'min:s',
      'no harm, cured',
    ]) {
      expect(svg).toContain(words)
    }
  })

  it('says itself in words for those who do not see it', () => {
    expect(chartOf({})?.alt).toBe(
      'Error ratio over time of payment, latest: canary 0 %, control 8.5 %; weight 100 %, verdict pass.',
    )
  })

  it('is the same bytes for the same state, so that nothing is uploaded twice', () => {
    expect(chartOf({})).toEqual(chartOf({}))
  })

  it('has no latency panel without latencies, and is nothing without blocks', () => {
    expect(chartOf({ latencyEdgesMs: [] })?.svg).not.toContain('slower')
    expect(chartOf({ blocks: [] })).toBeNull()
  })

  it.each([
    ['one block', { blocks: blocks({ ten: 1 }) }],
    [
      'no traffic on either side',
      {
        blocks: blocks({ ten: 3 }).map((each) => ({
          ...each,
          canary: { requests: 0, errors: 0, slower: [] },
          control: { requests: 0, errors: 0, slower: [] },
        })),
      },
    ],
    [
      'counts that are no counts',
      {
        blocks: blocks({ ten: 3 }).map((each) => ({
          ...each,
          canary: { requests: Number.NaN, errors: -1, slower: [Number.NaN] },
        })),
      },
    ],
    [
      'blocks that last no time',
      { blocks: blocks({ ten: 3 }).map((each) => ({ ...each, fromMs: 5, toMs: 5 })) },
    ],
    ['names that are markup', { service: '<script>&"', canaryVersion: '\u0000]]>', controlVersion: '<b>' }],
  ] as const)('is drawn with %s', async (_, change) => {
    const svg = canaryChart({ ...rollout, ...change } as Rollout, inconclusive)?.svg ?? ''
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|<b>/)
    expect((await renderPng(svg)).subarray(1, 4).toString()).toBe('PNG')
  })

  it('has text in it: the font is found', async () => {
    const words = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60" font-family="Inter"><text x="5" y="40" font-size="30">${text}</text></svg>`
    const [blank, written, bold] = await Promise.all([
      renderPng(words('')),
      renderPng(words('canary')),
      renderPng(words('canary').replace('<text', '<text font-weight="600"')),
    ])
    expect(written.equals(blank)).toBe(false)
    expect(bold.equals(written)).toBe(false)
  })
})

describe('the stretches of the graph', () => {
  it('lose no request, keep weights apart, and are few', () => {
    fc.assert(
      fc.property(fc.nat(150), fc.nat(100), fc.nat(50), (ten, fifty, full) => {
        const all = blocks({ ten, fifty, full })
        const bins = chartBins(all, (side) => side.errors, 28)
        expect(bins.length).toBeLessThanOrEqual(28 + 3)
        expect(
          bins.every((bin) =>
            all
              .filter((each) => each.fromMs >= bin.fromMs && each.toMs <= bin.toMs)
              .every((each) => each.weightPercent === bin.weightPercent),
          ),
        ).toBe(true)
        expect([bins[0]?.fromMs, bins.at(-1)?.toMs]).toEqual([all[0]?.fromMs, all.at(-1)?.toMs])
      }),
    )
  })

  it("have Wilson's interval: 10 of 100 lie between 5.5 % and 17.4 %", () => {
    expect(wilson(10, 100)).toEqual({
      ratio: 0.1,
      low: expect.closeTo(0.0552, 4),
      high: expect.closeTo(0.1744, 4),
    })
    expect(wilson(0, 0)).toBeNull()
    expect(wilson(2, 1)).toBeNull()
  })
})
