import type { Block, SideCounts } from '../../pipeline/contracts.ts'

/** A share with its 95 % interval, all 0..1; null where that side had no requests. */
export interface Share {
  readonly ratio: number
  readonly low: number
  readonly high: number
}

/** One stretch of the chart's time axis, at one weight. */
export interface ChartBin {
  readonly fromMs: number
  readonly toMs: number
  readonly weightPercent: number
  readonly canary: Share | null
  readonly control: Share | null
}

/** Which events of a side's requests are drawn. */
export type Events = (side: SideCounts) => number

/** The blocks as at most about `maxBins` stretches; only neighbours of the same weight are put together. */
export function chartBins(blocks: readonly Block[], events: Events, maxBins: number): readonly ChartBin[] {
  const size = Math.max(1, Math.ceil(blocks.length / maxBins))
  const groups: Block[][] = []
  for (const block of blocks) {
    const last = groups.at(-1)
    if (last !== undefined && last.length < size && last[0]?.weightPercent === block.weightPercent)
      last.push(block)
    else groups.push([block])
  }
  return groups.flatMap((group) => binOf(group, events))
}

function binOf(group: readonly Block[], events: Events): readonly ChartBin[] {
  const first = group[0]
  const last = group.at(-1)
  if (first === undefined || last === undefined) return []
  const share = (side: 'canary' | 'control'): Share | null => {
    const n = group.reduce((sum, block) => sum + block[side].requests, 0)
    return wilson(
      group.reduce((sum, block) => sum + events(block[side]), 0),
      n,
    )
  }
  return [
    {
      fromMs: first.fromMs,
      toMs: last.toMs,
      weightPercent: first.weightPercent,
      canary: share('canary'),
      // At 100 % there is none: what still comes in are its last, slowest answers.
      control: first.weightPercent >= 100 ? null : share('control'),
    },
  ]
}

const Z = 1.959964

/** Wilson's score interval at 95 % (JASA 22, 1927), for drawing only; null without requests or with unusable counts. */
export function wilson(x: number, n: number): Share | null {
  if (!(n > 0) || !(x >= 0) || x > n) return null
  const ratio = x / n
  const z2 = Z * Z
  const centre = (ratio + z2 / (2 * n)) / (1 + z2 / n)
  const half = (Z / (1 + z2 / n)) * Math.sqrt((ratio * (1 - ratio)) / n + z2 / (4 * n * n))
  return { ratio, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}
