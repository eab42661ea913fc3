import type { MetricSeries } from '../signals/telemetry.ts'
import { pastScale } from './past-scale.ts'
import type { DeviationSettings } from './settings.ts'

/** How far one series left its own past, in scales of it; up and down are both >= 0. */
export interface SeriesDeviation {
  readonly series: MetricSeries
  readonly kind: MetricKind
  readonly up: number
  readonly down: number
  /** The centre of the time before. */
  readonly before: number
  /** The highest and the lowest level reached during the incident. */
  readonly high: number
  readonly low: number
  /** What counts as one scale, on the side on which it deviates more. */
  readonly scale: number
  readonly samplesBefore: number
  readonly samplesDuring: number
}

/** `work`: bytes over the network and system calls, which are many where much is to do and say nothing of what is left. */
export type MetricKind =
  'latency' | 'success' | 'rate' | 'cpu' | 'memory' | 'disk' | 'work' | 'host' | 'other'

const KINDS: readonly (readonly [RegExp, MetricKind])[] = [
  [/^node_/, 'host'],
  [/latency|duration/, 'latency'],
  [/success_ratio/, 'success'],
  [/request_rate/, 'rate'],
  [/cpu/, 'cpu'],
  [/memory|mem_/, 'memory'],
  [/disk|fs_/, 'disk'],
  [/network|syscall/, 'work'],
]

export function metricKind(name: string): MetricKind {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'
}

/**
 * The deviations of all series. An instance too young to have a past of its own (a release that has just started) is
 * compared with the past of its peers: the same metric of the service's other instances. Only in what its callers notice:
 * a process that has just started uses other resources than one that has run for days.
 */
export function seriesDeviations(
  metrics: readonly MetricSeries[],
  windowStart: number,
  settings: DeviationSettings,
): readonly SeriesDeviation[] {
  const splits = metrics.map((series) => ({ series, split: splitSamples(series, windowStart) }))
  const pasts = new Map<string, number[]>()
  for (const { series, split } of splits) {
    if (series.instance === null) continue
    const known = pasts.get(peerKey(series)) ?? []
    pasts.set(peerKey(series), known)
    for (const value of split.before) known.push(value)
  }
  return splits
    .map(({ series, split }) => {
      const kind = metricKind(series.name)
      const isNoticed = kind === 'latency' || kind === 'success'
      const isYoung = series.instance !== null && split.before.length < MIN_PAST
      const before = isYoung && isNoticed ? (pasts.get(peerKey(series)) ?? split.before) : split.before
      return seriesDeviation(series, { before, during: split.during }, settings)
    })
    .filter((deviation) => deviation !== null)
}

/** Samples from which an instance's own past is trusted. */
const MIN_PAST = 3

function peerKey({ service, name, edge }: MetricSeries): string {
  return `${service}\n${name}\n${edge?.join('>') ?? ''}`
}

/**
 * Compares the samples during the incident with those before it, in the scales that `settings.method` takes from these
 * (`past-scale.ts`). Null where either side has none.
 */
export function seriesDeviation(
  series: MetricSeries,
  split: SplitSamples,
  settings: DeviationSettings,
): SeriesDeviation | null {
  const kind = metricKind(series.name)
  const floorAt = (centre: number): number => floorOf(centre, kind, series.unit, settings)
  const past = pastScale(split.before, settings.method, floorAt)
  if (past === null || split.during.length === 0) return null
  const high = extreme(split.during, past.centre, 1)
  const low = extreme(split.during, past.centre, -1)
  const cap = kind === 'latency' || kind === 'success' ? settings.noticedCap : settings.cap
  const up = Math.min(cap, Math.max(0, (high - past.centre) / past.scaleUp))
  const down = Math.min(cap, Math.max(0, (past.centre - low) / past.scaleDown))
  return {
    series,
    kind,
    up,
    down,
    before: past.centre,
    high,
    low,
    scale: up >= down ? past.scaleUp : past.scaleDown,
    samplesBefore: split.before.length,
    samplesDuring: split.during.length,
  }
}

export interface SplitSamples {
  readonly before: readonly number[]
  readonly during: readonly number[]
}

export function splitSamples(series: MetricSeries, windowStart: number): SplitSamples {
  const before: number[] = []
  const during: number[] = []
  for (let index = 0; index < series.t.length; index += 1) {
    const value = series.v[index]
    if (typeof value !== 'number') continue
    if ((series.t[index] ?? 0) < windowStart) before.push(value)
    else during.push(value)
  }
  return { before, during }
}

/** A success ratio is judged by its failures: five per cent of a level of 1 would hide any of them. */
export function floorOf(centre: number, kind: MetricKind, unit: string, settings: DeviationSettings): number {
  if (kind === 'success') return settings.ratioFloor
  const absolute = unit === 'ratio' ? settings.ratioFloor : absoluteFloor(unit)
  return Math.max(settings.relativeFloor * Math.abs(centre), absolute)
}

/** Below these nobody would look: a millisecond, a tenth of a percent, a hundredth of a core, a mebibyte, a request in 10 s. */
const ABSOLUTE_FLOORS: Readonly<Record<string, number>> = {
  s: 0.001,
  ms: 1,
  percent: 0.1,
  millicores: 1,
  cores: 0.01,
  bytes: 1_048_576,
  MiB: 1,
  '1/s': 0.1,
  'bytes/s': 1024,
}

function absoluteFloor(unit: string): number {
  return ABSOLUTE_FLOORS[unit] ?? 1e-9
}

/**
 * The level the series reached on one side: the largest of the mean of its better half (a fault that came and sagged)
 * and of the means of the last 1, 2, 4 ... samples (one that has just begun).
 */
function extreme(during: readonly number[], centre: number, sign: 1 | -1): number {
  const signed = during.map((value) => sign * (value - centre))
  const half = signed.toSorted((a, b) => b - a).slice(0, Math.ceil(signed.length / 2))
  let best = mean(half)
  for (let length = 1; length <= signed.length; length *= 2)
    best = Math.max(best, mean(signed.slice(-length)))
  return centre + sign * best
}

function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
