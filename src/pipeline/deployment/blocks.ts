import type { Block, CounterReading, ResourceLevels, Rollout, SideCounts } from '../contracts.ts'
import { combineLevels } from './resource-levels.ts'
import type { DeploymentSettings } from './settings.ts'

/*
 * Counters become blocks: stretches of time in which canary and control served side by side.
 *
 * B1  A block never straddles a change of weight: its first reading is taken after the change and the warm-up, which is at
 *     least as long as the control's slowest answers take: before that only quick answers have come back.
 * B2  A block is at least `minBlockMs` long; what is shorter waits for the next reading.
 * B3  A counter that fell was restarted and counts from 0; one that fell only partly is the sum of several of which one
 *     restarted, so nothing can be said and the block is dropped on both sides.
 * B4  A reading that is not a count makes no block and is counted in `unreadable`: it is never traffic without errors.
 * B5  At most `MAX_BLOCKS` blocks: neighbours of the same weight are merged, chosen by position, never by outcome.
 * B6  What a process uses is a level, not a count: where it fell by half the process began anew, and nothing is said.
 */
export const MAX_BLOCKS = 200

type BlockSettings = Pick<DeploymentSettings, 'minBlockMs' | 'warmUpMs'>

/** The rollout with these readings as the beginning of its next block. */
export function openBlock(rollout: Rollout, readings: readonly CounterReading[]): Rollout {
  return { ...rollout, lastReadings: readings, unreadable: 0 }
}

/** The rollout with the block between its last readings and these; unchanged while the block is too short. */
export function appendBlock(
  rollout: Rollout,
  readings: readonly CounterReading[],
  settings: BlockSettings,
): Rollout {
  const ours = readings.filter(({ version }) => versionsOf(rollout).includes(version))
  if (ours.length === 0 || !ours.every((reading) => isUsable(reading, rollout))) return unread(rollout) // B4
  const usableFromMs = rollout.phaseSinceMs + warmUpMs(rollout, settings)
  const nowMs = takenAtMs(ours)
  const baseMs = takenAtMs(rollout.lastReadings)
  if (rollout.lastReadings.length === 0 || baseMs < usableFromMs) {
    return nowMs >= usableFromMs ? openBlock(rollout, ours) : { ...rollout, unreadable: 0 } // B1
  }
  if (nowMs - baseMs < settings.minBlockMs) return { ...rollout, unreadable: 0 } // B2
  const block = difference(rollout, ours, { fromMs: baseMs, toMs: nowMs })
  if (block === null) return openBlock(rollout, ours) // B3
  return { ...openBlock(rollout, ours), blocks: bounded([...rollout.blocks, block]) }
}

/** The edges are those of the control's p50, p95, p99. */
export function warmUpMs({ latencyEdgesMs }: Rollout, settings: Pick<BlockSettings, 'warmUpMs'>): number {
  return Math.max(settings.warmUpMs, latencyEdgesMs[2] ?? 0)
}

/** The rollout after a look that gave no answer. */
export function unread(rollout: Rollout): Rollout {
  return { ...rollout, unreadable: rollout.unreadable + 1 }
}

function versionsOf(rollout: Rollout): readonly string[] {
  return [rollout.canaryVersion, rollout.controlVersion]
}

/** The earliest of the readings: all that happened before is in every one of them. */
function takenAtMs(readings: readonly CounterReading[]): number {
  return Math.min(...readings.map((reading) => reading.atMs))
}

function isUsable(reading: CounterReading, rollout: Rollout): boolean {
  const { requests, errors, buckets, uses } = reading
  const numbers = [requests, errors, ...buckets.map((bucket) => bucket.count), ...Object.values(uses ?? {})]
  const hasEdges =
    reading.requests === 0 ||
    rollout.latencyEdgesMs.every((edge) => reading.buckets.some((bucket) => bucket.leMs === edge))
  return (
    hasEdges &&
    Number.isFinite(reading.atMs) &&
    numbers.every((count) => Number.isFinite(count) && count >= 0)
  )
}

function difference(
  rollout: Rollout,
  readings: readonly CounterReading[],
  span: { readonly fromMs: number; readonly toMs: number },
): Block | null {
  const side = (version: string): SideCounts | null =>
    sideCounts(
      rollout.lastReadings.find((reading) => reading.version === version) ?? null,
      readings.find((reading) => reading.version === version) ?? null,
      rollout.latencyEdgesMs,
    )
  const canary = side(rollout.canaryVersion)
  const control = side(rollout.controlVersion)
  if (canary === null || control === null) return null
  return { ...span, weightPercent: rollout.weightPercent, canary, control }
}

/** Null where a counter fell only partly (B3). A version without a reading has had no requests. */
function sideCounts(
  before: CounterReading | null,
  after: CounterReading | null,
  edgesMs: readonly number[],
): SideCounts | null {
  if (after === null) return { requests: 0, errors: 0, slower: edgesMs.map(() => 0) }
  const restarted = before !== null && (after.requests < before.requests || after.errors < before.errors)
  if (restarted && after.requests > before.requests / 2) return null
  const base = restarted ? null : before
  const requests = Math.round(after.requests - (base?.requests ?? 0))
  const within = (value: number): number => Math.min(requests, Math.max(0, Math.round(value)))
  return {
    requests,
    errors: within(after.errors - (base?.errors ?? 0)),
    slower: edgesMs.map((edge) => within(requests - (atOrUnder(after, edge) - atOrUnder(base, edge)))),
    ...grown(combineLevels(before?.uses, after.uses, growth)),
  }
}

function growth(before: number, after: number): number | null {
  return after < before / 2 ? null : after - before // B6
}

function grown(levels: ResourceLevels | null): Pick<SideCounts, 'grown'> {
  return levels === null ? {} : { grown: levels }
}

function atOrUnder(reading: CounterReading | null, edgeMs: number): number {
  return reading?.buckets.find((bucket) => bucket.leMs === edgeMs)?.count ?? 0
}

/** Beyond the limit every two neighbours of the same weight become one (B5). */
function bounded(blocks: readonly Block[]): readonly Block[] {
  if (blocks.length <= MAX_BLOCKS) return blocks
  const merged: Block[] = []
  for (let index = 0; index < blocks.length; index += 1) {
    const [block, next] = blocks.slice(index, index + 2)
    if (block === undefined) break
    const joins = next !== undefined && next.weightPercent === block.weightPercent
    merged.push(joins ? joined(block, next) : block)
    if (joins) index += 1
  }
  return merged
}

function joined(a: Block, b: Block): Block {
  return {
    fromMs: a.fromMs,
    toMs: b.toMs,
    weightPercent: a.weightPercent,
    canary: added(a.canary, b.canary),
    control: added(a.control, b.control),
  }
}

function added(a: SideCounts, b: SideCounts): SideCounts {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    slower: a.slower.map((count, edge) => count + (b.slower[edge] ?? 0)),
    ...grown(combineLevels(a.grown, b.grown, (first, second) => first + second)),
  }
}
