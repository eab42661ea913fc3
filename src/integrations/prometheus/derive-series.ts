import type { MetricSeries } from '../../pipeline/signals/telemetry.ts'
import type { MetricNames, RawSeries } from './metric-names.ts'
import { edgeMs, isServerError } from './read-counters.ts'

/** The moments at which derived series have values: the end of each step, the last at `toMs`. */
export interface Grid {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

type Values = readonly (number | null)[]

/**
 * Rates, ratios and quantiles of each service and version, from raw counters, in the names of the RCA case format:
 * request_rate (1/s), success_ratio (0..1), latency_p50, p95, p99 (s), cpu_usage (cores), memory_usage (bytes), open_fds; and
 * client_request_rate, client_success_ratio on the edge (caller, callee). A step without samples is null.
 */
export function deriveSeries(raw: readonly RawSeries[], names: MetricNames, grid: Grid): MetricSeries[] {
  const begins = Math.min(...raw.map((one) => one.tMs[0] ?? Number.POSITIVE_INFINITY))
  // Steps before the first sample say nothing, and would make a short past look long.
  const ends = gridEnds(grid).filter((end) => end > begins)
  const byOwner = Map.groupBy(raw, (one) => JSON.stringify([one.labels.service, one.labels.version ?? null]))
  return [...byOwner].flatMap(([key, series]) => {
    const [service, instance] = JSON.parse(key) as [string, string | null]
    const named = (name: string) => series.filter((one) => one.name === name)
    const firstMs = Math.min(...series.map((one) => one.tMs[0] ?? Number.POSITIVE_INFINITY))
    const context: Context = { ends, stepMs: grid.stepMs, firstMs }
    const make = (name: string, unit: string, v: Values, edge?: readonly [string, string]) => ({
      service,
      instance,
      name,
      unit,
      t: ends.map((end) => end / 1000),
      v,
      ...(edge === undefined ? {} : { edge }),
    })
    return [
      ...traffic(named(names.requests), context).map((one) => make(one.name, one.unit, one.v)),
      ...latencies(named(names.durationBuckets), context).map((one) => make(one.name, 's', one.v)),
      ...processUse(named, names, context).map((one) => make(one.name, one.unit, one.v)),
      ...calls(named(names.clientRequests), context).map((one) =>
        make(`client_${one.name}`, one.unit, one.v, [service, one.target]),
      ),
    ].filter((one) => one.v.some((value) => value !== null))
  })
}

interface Context {
  readonly ends: readonly number[]
  readonly stepMs: number
  /** When the first of the owner's series begins: a series that begins later began at 0. */
  readonly firstMs: number
}

interface Named {
  readonly name: string
  readonly unit: string
  readonly v: Values
}

function gridEnds({ fromMs, toMs, stepMs }: Grid): readonly number[] {
  const steps = Math.max(0, Math.floor((toMs - fromMs) / stepMs))
  return Array.from({ length: steps }, (_, index) => toMs - (steps - 1 - index) * stepMs)
}

function traffic(series: readonly RawSeries[], context: Context): readonly Named[] {
  if (series.length === 0) return []
  const all = summed(series, context)
  const isFailure = (one: RawSeries) => isServerError(one.labels.status ?? one.labels.code)
  const failures = summed(series.filter(isFailure), context)
  return [
    { name: 'request_rate', unit: '1/s', v: perSecond(all, context) },
    {
      name: 'success_ratio',
      unit: 'ratio',
      v: all.map((total, step) => (total === null || total <= 0 ? null : 1 - (failures[step] ?? 0) / total)),
    },
  ]
}

function calls(
  series: readonly RawSeries[],
  context: Context,
): readonly (Named & { readonly target: string })[] {
  const byTarget = Map.groupBy(series, (one) => one.labels.target ?? '')
  return [...byTarget]
    .filter(([target]) => target !== '')
    .flatMap(([target, toIt]) => traffic(toIt, context).map((one) => ({ ...one, target })))
}

const QUANTILES = [
  ['latency_p50', 0.5],
  ['latency_p95', 0.95],
  ['latency_p99', 0.99],
] as const

function latencies(series: readonly RawSeries[], context: Context): readonly Omit<Named, 'unit'>[] {
  const byEdge = Map.groupBy(series, (one) => one.labels.le ?? '')
  const edges = [...byEdge]
    .map(([le, ofEdge]) => ({
      seconds: (edgeMs(le) ?? Number.POSITIVE_INFINITY) / 1000,
      counts: summed(ofEdge, context),
    }))
    .toSorted((a, b) => a.seconds - b.seconds)
  if (edges.length === 0) return []
  return QUANTILES.map(([name, quantile]) => ({
    name,
    v: context.ends.map((_, step) =>
      quantileOf(
        quantile,
        edges.map(({ seconds, counts }) => ({ seconds, count: counts[step] ?? 0 })),
      ),
    ),
  }))
}

/** Linear inside the bucket, as Prometheus' histogram_quantile does; null without requests. */
function quantileOf(
  quantile: number,
  buckets: readonly { readonly seconds: number; readonly count: number }[],
): number | null {
  const total = buckets.at(-1)?.count ?? 0
  if (total <= 0) return null
  const rank = quantile * total
  const index = buckets.findIndex((bucket) => bucket.count >= rank)
  const bucket = buckets[index]
  const below = buckets[index - 1] ?? { seconds: 0, count: 0 }
  if (bucket === undefined || !Number.isFinite(bucket.seconds)) return below.seconds
  const share = (rank - below.count) / Math.max(1e-9, bucket.count - below.count)
  return below.seconds + (bucket.seconds - below.seconds) * share
}

function processUse(
  named: (name: string) => readonly RawSeries[],
  names: MetricNames,
  context: Context,
): readonly Named[] {
  const cpu = named(names.cpuSeconds)
  const gauges = [
    { name: 'memory_usage', unit: 'bytes', series: named(names.memoryBytes) },
    { name: 'open_fds', unit: 'count', series: named(names.openFiles) },
  ]
  return [
    ...(cpu.length === 0
      ? []
      : [{ name: 'cpu_usage', unit: 'cores', v: perSecond(summed(cpu, context), context) }]),
    ...gauges
      .filter(({ series }) => series.length > 0)
      .map(({ name, unit, series }) => ({ name, unit, v: addUp(series.map((one) => levels(one, context))) })),
  ]
}

function perSecond(increases: Values, { stepMs }: Context): Values {
  return increases.map((increase) => (increase === null ? null : increase / (stepMs / 1000)))
}

function summed(series: readonly RawSeries[], context: Context): Values {
  if (series.length === 0) return context.ends.map(() => 0)
  return addUp(series.map((one) => increases(one, context)))
}

/** Null where no series has a value. */
function addUp(parts: readonly Values[]): Values {
  const length = parts[0]?.length ?? 0
  return Array.from({ length }, (_, step) => {
    const present = parts.flatMap((values) => values[step] ?? [])
    return present.length === 0 ? null : present.reduce((total, value) => total + value, 0)
  })
}

/** The last value in each step; null where there is none. */
function levels(series: RawSeries, { ends, stepMs }: Context): Values {
  let at = 0
  return ends.map((end) => {
    let value: number | null = null
    for (; at < series.tMs.length && (series.tMs[at] ?? 0) <= end; at += 1) {
      if ((series.tMs[at] ?? 0) > end - stepMs) value = finite(series.v[at])
    }
    return value
  })
}

/**
 * How far a counter rose in each step, restarts counted from 0; null where it was not read in that step. A counter that
 * begins after others of its owner began at 0: without that the first error of a kind would never be seen.
 */
function increases(series: RawSeries, { ends, stepMs, firstMs }: Context): Values {
  let at = 0
  let last: number | null = (series.tMs[0] ?? 0) > firstMs ? 0 : null
  return ends.map((end) => {
    let rise: number | null = null
    for (; at < series.tMs.length && (series.tMs[at] ?? 0) <= end; at += 1) {
      const value = finite(series.v[at])
      if (value === null) continue
      const inStep = (series.tMs[at] ?? 0) > end - stepMs
      if (inStep && last !== null) rise = (rise ?? 0) + (value < last ? value : value - last)
      last = value
    }
    return rise
  })
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
