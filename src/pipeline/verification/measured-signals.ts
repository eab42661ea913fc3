import type { Block, Rollout, SideCounts, SignalName } from '../contracts.ts'
import type { Table } from './hypergeometric.ts'
import type { Count } from './proportion.ts'

/**
 * A signal as tables of control against canary, one for each block in which both had traffic. At 100 % the control is no side
 * any more: what it still answers are requests that took long.
 */
export interface MeasuredSignal {
  readonly signal: Exclude<SignalName, 'objective' | 'objective_latency' | 'growth'>
  /** Of a latency signal: an answer slower than this is an event. */
  readonly edgeMs: number | null
  readonly tables: readonly Table[]
}

/** In the order of `Rollout.latencyEdgesMs`. */
const LATENCY_SIGNALS = ['latency_p50', 'latency_p95', 'latency_p99', 'slow_ratio'] as const
const SLOW_EDGE = LATENCY_SIGNALS.indexOf('slow_ratio')

/** The error ratio always, and the latency signals for which edges were fixed before the canary started. */
export function measuredSignals(rollout: Rollout): readonly MeasuredSignal[] {
  const compared = rollout.blocks.filter(
    ({ canary, control, weightPercent }) =>
      canary.requests > 0 && control.requests > 0 && weightPercent < 100,
  )
  const errors = {
    signal: 'error_ratio' as const,
    edgeMs: null,
    tables: compared.map((block) => tableOf(errorsOf(block.canary), errorsOf(block.control))),
  }
  const latencies = rollout.latencyEdgesMs.slice(0, LATENCY_SIGNALS.length).map((edgeMs, edge) => ({
    signal: LATENCY_SIGNALS[edge] ?? 'latency_p99',
    edgeMs,
    tables: compared.map((block) => tableOf(slowOf(block.canary, edge), slowOf(block.control, edge))),
  }))
  return [errors, ...latencies]
}

/** Both sides of the tables added up: what is shown beside the e-values. */
export function totals(tables: readonly Table[]): { readonly canary: Count; readonly control: Count } {
  const sum = { n: 0, x: 0, m: 0, y: 0 }
  for (const table of tables) {
    sum.n += table.n
    sum.x += table.x
    sum.m += table.m
    sum.y += table.y
  }
  return { canary: { n: sum.n, x: sum.x }, control: { n: sum.m, x: sum.y } }
}

/**
 * Canary less control, each block weighted by n m / (n + m) (Mantel & Haenszel's weights), so that a base rate that
 * drifts while the weight changes is not mistaken for a difference. Null without traffic on both sides.
 */
export function stratifiedDifference(tables: readonly Table[]): number | null {
  let weights = 0
  let sum = 0
  for (const { n, x, m, y } of tables) {
    const weight = (n * m) / (n + m)
    weights += weight
    sum += weight * (x / n - y / m)
  }
  return weights > 0 ? sum / weights : null
}

/** What the new release served after the control was taken out of service: requests, and how many of them failed. */
export function servedAlone(rollout: Rollout): Count {
  return added(aloneBlocks(rollout).map(({ canary }) => errorsOf(canary)))
}

/** The same of its answers, and how many of them were slow; null where no edge for that was fixed. */
export function answeredAlone(rollout: Rollout): { readonly count: Count; readonly edgeMs: number } | null {
  const edgeMs = rollout.latencyEdgesMs[SLOW_EDGE]
  if (edgeMs === undefined) return null
  return { count: added(aloneBlocks(rollout).map(({ canary }) => slowOf(canary, SLOW_EDGE))), edgeMs }
}

function aloneBlocks(rollout: Rollout): Rollout['blocks'] {
  return rollout.blocks.filter((block) => block.weightPercent >= 100)
}

function added(counts: readonly Count[]): Count {
  return {
    n: counts.reduce((sum, { n }) => sum + n, 0),
    x: counts.reduce((sum, { x }) => sum + x, 0),
  }
}

/** What is wrong with the blocks, in words; null when every count can be used. */
export function unusableCounts(rollout: Rollout): string | null {
  const edges = rollout.latencyEdgesMs.length
  const index = rollout.blocks.findIndex((block) => !isUsable(block, edges))
  return index === -1
    ? null
    : `block ${index + 1} of ${rollout.blocks.length} has counts that are no counts (NaN, negative, or more events than requests)`
}

function isUsable(block: Block, edges: number): boolean {
  const sides = [block.canary, block.control]
  return (
    Number.isFinite(block.weightPercent) &&
    sides.every(
      ({ requests, errors, slower }) =>
        isCount(requests) &&
        isCount(errors) &&
        errors <= requests &&
        slower.length >= edges &&
        slower.every((count) => isCount(count) && count <= requests),
    )
  )
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0
}

function errorsOf(side: SideCounts): Count {
  return { n: side.requests, x: side.errors }
}

/**
 * Slow answers among those that did not fail: a version that crashes at once is not thereby a fast one, and its cure
 * not a slow one. A failure slower than the edge (a timeout) still counts as slow.
 */
function slowOf(side: SideCounts, edge: number): Count {
  const answered = side.requests - side.errors
  return { n: answered, x: Math.min(answered, side.slower[edge] ?? Number.NaN) }
}

function tableOf(canary: Count, control: Count): Table {
  return { n: canary.n, x: canary.x, m: control.n, y: control.x }
}
