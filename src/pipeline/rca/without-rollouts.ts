import type { Change, MetricSeries } from '../signals/telemetry.ts'
import { metricKind } from './series-deviation.ts'

/** Sampling periods around a rollout that it still disturbs: rates are averaged over the period before a sample. */
const PERIODS_AROUND = 1

/**
 * Series with the samples taken out in which a rollout of the same service was under way: starting and stopping processes
 * takes processor and memory whether or not the release is any good. Latency and failures stay: users feel them.
 */
export function withoutRollouts(
  metrics: readonly MetricSeries[],
  changes: readonly Change[],
  periodS: number,
): readonly MetricSeries[] {
  const deploys = Map.groupBy(
    // A change of configuration that new instances were started for is rolled out like a deploy.
    changes.filter(
      ({ kind, newInstances }) => kind === 'deploy' || (kind === 'config' && newInstances.length > 0),
    ),
    ({ service }) => service,
  )
  if (deploys.size === 0) return metrics
  return metrics.map((series) => {
    const own = deploys.get(series.service)
    return own === undefined || !isOfProcess(series) ? series : masked(series, own, periodS * PERIODS_AROUND)
  })
}

function isOfProcess({ name }: MetricSeries): boolean {
  const kind = metricKind(name)
  return kind !== 'latency' && kind !== 'success' && kind !== 'rate'
}

function masked(series: MetricSeries, deploys: readonly Change[], aroundS: number): MetricSeries {
  const isDisturbed = (t: number): boolean =>
    deploys.some(({ at, completedAt }) => t >= at - aroundS && t <= (completedAt ?? at) + aroundS)
  return { ...series, v: series.v.map((value, index) => (isDisturbed(series.t[index] ?? 0) ? null : value)) }
}
