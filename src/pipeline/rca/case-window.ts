import type { IncidentCase, MetricSeries } from '../signals/telemetry.ts'
import { quantile } from './quantile.ts'

/** Epoch seconds: the incident is looked for in [start, detectedAt]; the normal state lies before. */
export interface CaseWindow {
  readonly start: number
  /** The incident began no later than this. */
  readonly reportedAt: number
  readonly detectedAt: number
  /** Typical distance of two samples of a metric, seconds; null without metrics. */
  readonly periodS: number | null
}

const MIN_PERIODS = 2
const MAX_SHARE_OF_HISTORY = 1 / 2

/**
 * The configured window, stretched to two sampling periods where sampling is slower, and shortened to half of what is
 * known where the history is short: a process that has run for a minute must still have a past. It reaches back from the
 * alert, so that what an incident shows is not taken for the normal state when it is analysed again; from now where nothing
 * older than the alert is known.
 */
export function caseWindow(incidentCase: IncidentCase, incidentWindowMs: number): CaseWindow {
  const { detectedAt } = incidentCase
  const periodS = samplingPeriod(incidentCase.metrics)
  const wanted = Math.max(incidentWindowMs / 1000, (periodS ?? 0) * MIN_PERIODS)
  const first = earliest(incidentCase)
  const alertedAt = Math.min(incidentCase.reportedAt ?? detectedAt, detectedAt)
  const reportedAt = first < alertedAt ? alertedAt : detectedAt
  const known = reportedAt - first
  const length = known > 0 ? Math.min(wanted, Math.max(known * MAX_SHARE_OF_HISTORY, periodS ?? 0)) : wanted
  return { start: reportedAt - length, reportedAt, detectedAt, periodS }
}

/** Typical distance of two samples, seconds; null without metrics. */
export function samplingPeriod(metrics: readonly MetricSeries[]): number | null {
  const gaps: number[] = []
  for (const series of metrics) {
    if (series.t.length < 3) continue
    const last = series.t.length - 1
    const recent = Math.min(last, 20)
    const distances = Array.from(
      { length: recent },
      (_, k) => (series.t[last - k] ?? 0) - (series.t[last - k - 1] ?? 0),
    )
    gaps.push(
      quantile(
        distances.sort((a, b) => a - b),
        0.5,
      ),
    )
  }
  return gaps.length === 0
    ? null
    : quantile(
        gaps.sort((a, b) => a - b),
        0.5,
      )
}

function earliest(incidentCase: IncidentCase): number {
  let first = incidentCase.detectedAt
  for (const series of incidentCase.metrics) first = Math.min(first, series.t[0] ?? first)
  if (incidentCase.metrics.length > 0) return first
  for (const span of incidentCase.spans) first = Math.min(first, span.t)
  for (const line of incidentCase.logs) first = Math.min(first, line.t)
  return first
}
