import type { Resource } from '../contracts.ts'
import type { MetricSeries } from '../signals/telemetry.ts'

/** How one instance's use of a resource grew, as its own metrics tell. */
export interface ResourceGrowth {
  readonly instance: string | null
  readonly from: number
  readonly to: number
  readonly seconds: number
  /** Null where its request rate is not known. */
  readonly perRequest: number | null
}

/** The metric that shows a resource fill up; a connection is an open file to the system. */
const METRICS: Readonly<Partial<Record<Resource, string>>> = {
  'open files': 'open_fds',
  connections: 'open_fds',
  memory: 'memory_usage',
}

/** Ends of a rise, as shares of its height: where it begins in earnest, and where the limit bends it. */
const BEGINS = 0.05
const ENDS = 0.95
/** A rise is one that at least doubles the level and seldom falls on its way. */
const LEAST_RISE = 2
const STEADY = 0.8

/** The largest steady rise of the resource among the service's instances; null where none rose, or it is not measured. */
export function resourceGrowth(
  metrics: readonly MetricSeries[],
  service: string,
  resource: Resource,
): ResourceGrowth | null {
  const name = METRICS[resource]
  const own = metrics.filter((series) => series.service === service && series.edge === undefined)
  const rises = own
    .filter((series) => series.name === name)
    .flatMap((series) => riseOf(series, rateOf(own, series.instance)) ?? [])
  return rises.toSorted((a, b) => b.to / b.from - a.to / a.from)[0] ?? null
}

function rateOf(own: readonly MetricSeries[], instance: string | null): MetricSeries | null {
  return own.find((series) => series.name === 'request_rate' && series.instance === instance) ?? null
}

function riseOf(series: MetricSeries, rate: MetricSeries | null): ResourceGrowth | null {
  const points = series.t.flatMap((t, at) => {
    const value = series.v[at]
    return typeof value === 'number' ? [{ t, value }] : []
  })
  const top = points.reduce((best, { value }) => Math.max(best, value), 0)
  const end = points.findIndex(({ value }) => value === top)
  const bottom = points.slice(0, end + 1).reduce((least, { value }) => Math.min(least, value), top)
  const begin = points.slice(0, end).findLastIndex(({ value }) => value <= bottom + BEGINS * (top - bottom))
  const stop = points.findIndex(({ value }, at) => at > begin && value >= bottom + ENDS * (top - bottom))
  const [first, last] = [points[begin], points[stop]]
  if (first === undefined || last === undefined || top < LEAST_RISE * bottom) return null
  const steps = points.slice(begin + 1, stop + 1)
  const rising = steps.filter(({ value }, at) => value >= (points[begin + at]?.value ?? 0)).length
  if (rising < STEADY * steps.length) return null
  const requests = rate === null ? null : requestsBetween(rate, first.t, last.t)
  return {
    instance: series.instance,
    from: first.value,
    to: top,
    seconds: last.t - first.t,
    perRequest: requests === null || requests < 1 ? null : (last.value - first.value) / requests,
  }
}

/** A rate holds for the step that ends with its sample; null where it was not measured. */
function requestsBetween(rate: MetricSeries, from: number, to: number): number | null {
  let requests: number | null = null
  for (const [at, t] of rate.t.entries()) {
    const value = rate.v[at]
    if (t <= from || t > to || typeof value !== 'number') continue
    requests = (requests ?? 0) + value * (t - (rate.t[at - 1] ?? t))
  }
  return requests
}
