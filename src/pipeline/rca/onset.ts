import type { CaseWindow } from './case-window.ts'
import type { SeriesDeviation } from './series-deviation.ts'
import type { Visit, WireTime } from './visits.ts'

/** Values over time in which the onset would show as a step; `t` in epoch seconds, ascending. */
export interface StepSeries {
  readonly t: readonly number[]
  readonly v: readonly number[]
}

const BUCKET_S = 10
const MIN_POINTS = 2
/** Series looked at of each kind: those with the largest deviations, or the most visits. */
const MAX_SERIES = 200
const STEPS_PER_WINDOW = 30

/**
 * The moment between the window's start and the alert at which most series step to another level: the split that gains most
 * likelihood, summed over the series, each under a normal model with one variance (n/2 ln(SSE / SSE of both sides)), less
 * ln n for the two parameters it costs. The window's start where no series gains.
 */
export function estimateOnset(series: readonly StepSeries[], window: CaseWindow): number {
  const stepS = (window.reportedAt - window.start) / STEPS_PER_WINDOW
  if (stepS <= 0) return window.start
  const splits = Array.from({ length: STEPS_PER_WINDOW }, (_, k) => window.start + k * stepS)
  const gains = new Float64Array(splits.length)
  for (const one of series) addGains(gains, one, splits)
  let best = 0
  for (let at = 1; at < gains.length; at += 1) if ((gains[at] ?? 0) > (gains[best] ?? 0)) best = at
  return splits[best] ?? window.start
}

function addGains(gains: Float64Array, { t, v }: StepSeries, splits: readonly number[]): void {
  const n = v.length
  if (n < 2 * MIN_POINTS) return
  const sums = new Float64Array(n + 1)
  let squares = 0
  for (let at = 0; at < n; at += 1) {
    const value = v[at] ?? 0
    sums[at + 1] = (sums[at] ?? 0) + value
    squares += value * value
  }
  const sum = sums[n] ?? 0
  const whole = squares - (sum * sum) / n
  if (whole <= 1e-9) return
  let at = 0
  for (const [index, split] of splits.entries()) {
    while (at < n && (t[at] ?? 0) < split) at += 1
    if (at < MIN_POINTS || n - at < MIN_POINTS) continue
    const left = sums[at] ?? 0
    const parts = squares - (left * left) / at - ((sum - left) * (sum - left)) / (n - at)
    const gain = (n / 2) * Math.log(whole / Math.max(parts, 0.05 * n)) - Math.log(n)
    if (gain > 0) gains[index] = (gains[index] ?? 0) + gain
  }
}

/** Metric series as steps: values in robust scales of their past, drawn together by asinh so that spikes do not decide. */
export function metricSteps(
  deviations: readonly SeriesDeviation[],
  window: CaseWindow,
): readonly StepSeries[] {
  const from = window.start - 2 * (window.reportedAt - window.start)
  return deviations
    .filter((one) => Math.max(one.up, one.down) > 2)
    .toSorted((a, b) => Math.max(b.up, b.down) - Math.max(a.up, a.down))
    .slice(0, MAX_SERIES)
    .map((one) => stepsOf(one, from))
}

function stepsOf(one: SeriesDeviation, from: number): StepSeries {
  const t: number[] = []
  const v: number[] = []
  for (const [index, value] of one.series.v.entries()) {
    const at = one.series.t[index] ?? 0
    if (value === null || at < from) continue
    t.push(at)
    v.push(Math.asinh((value - one.before) / one.scale))
  }
  return { t, v }
}

/** Times of visits and wires as steps: the mean logarithm in buckets of ten seconds, for each operation. */
export function spanSteps(visits: readonly Visit[], wires: readonly WireTime[]): readonly StepSeries[] {
  const buckets = new Map<string, Map<number, { sum: number; n: number }>>()
  for (const visit of visits) {
    addToBucket(buckets, `v ${visit.service} ${visit.operation}`, visit.t, visit.exclusiveMs)
    addToBucket(buckets, `s ${visit.service} ${visit.operation}`, visit.t, visit.steps.length)
  }
  for (const wire of wires) addToBucket(buckets, `w ${wire.caller} ${wire.callee}`, wire.t, wire.ms)
  const busiest = [...buckets.values()].sort((a, b) => b.size - a.size).slice(0, MAX_SERIES)
  return busiest.map((series) => {
    const ordered = [...series].sort(([a], [b]) => a - b)
    return { t: ordered.map(([bucket]) => bucket * BUCKET_S), v: ordered.map(([, { sum, n }]) => sum / n) }
  })
}

function addToBucket(
  buckets: Map<string, Map<number, { sum: number; n: number }>>,
  key: string,
  t: number,
  ms: number,
): void {
  let series = buckets.get(key)
  if (series === undefined) buckets.set(key, (series = new Map()))
  const bucket = Math.floor(t / BUCKET_S)
  const known = series.get(bucket)
  const value = Math.log1p(ms)
  if (known === undefined) series.set(bucket, { sum: value, n: 1 })
  else {
    known.sum += value
    known.n += 1
  }
}
