import type { Observation } from '../observation.ts'
import type { ServiceAnomaly, SymptomKind } from './metric-evidence.ts'
import type { SeriesDeviation } from '../series-deviation.ts'

/** Deviations smaller than this many scales are taken for noise, however much traffic they touch. */
const NOTICEABLE = 1

interface Impact {
  readonly service: string
  /** Seconds of waiting added each second, or requests failing each second. */
  readonly waiting: number
  readonly failing: number
}

/**
 * How much of the harm goes through each service: the rise of its latency, and of its failures, times its request rate,
 * as a share of the largest such product in the case. A rarely called service whose ratio jumps does little harm, and
 * can hardly be what a busy entrance suffers from. Values are differences to the mean service, so that a service whose rate is
 * not known stands in the middle; empty where no request rates are known.
 */
export function impactObservations(
  anomalies: ReadonlyMap<string, ServiceAnomaly>,
  kind: SymptomKind,
): ReadonlyMap<string, readonly Observation[]> {
  const impacts = [...anomalies.values()].map(impactOf).filter((impact) => impact !== null)
  const waiting = Math.max(...impacts.map((impact) => impact.waiting), 1e-12)
  const failing = Math.max(...impacts.map((impact) => impact.failing), 1e-12)
  const shares = impacts.map((impact) =>
    Math.max(
      kind === 'success' ? 0 : impact.waiting / waiting,
      kind === 'latency' ? 0 : impact.failing / failing,
    ),
  )
  const usual = shares.reduce((sum, share) => sum + Math.sqrt(share), 0) / shares.length
  return new Map(impacts.map(({ service }, at) => [service, [observationOf(shares[at] ?? 0, usual)]]))
}

function observationOf(share: number, usual: number): Observation {
  return {
    feature: 'impact',
    value: Math.sqrt(share) - usual,
    kind: 'metric',
    text: () =>
      share >= 0.01
        ? `the harm that passes through it is ${Math.round(share * 100)} % of the largest in the system`
        : 'hardly any of the harm passes through it',
  }
}

function impactOf(anomaly: ServiceAnomaly): Impact | null {
  const rate = anomaly.byName.get('request_rate')
  if (rate === undefined) return null
  const perSecond = Math.max(rate.before, rate.high)
  const latency = firstOf(anomaly, [
    'latency_avg',
    'latency_p50',
    'latency_p90',
    'latency_p95',
    'latency_p99',
    'latency',
  ])
  const success = firstOf(anomaly, ['success_ratio'])
  return {
    service: anomaly.service,
    waiting: latency !== null && latency.up >= NOTICEABLE ? (latency.high - latency.before) * perSecond : 0,
    failing: success !== null && success.down >= NOTICEABLE ? (success.before - success.low) * perSecond : 0,
  }
}

function firstOf(anomaly: ServiceAnomaly, names: readonly string[]): SeriesDeviation | null {
  for (const name of names) {
    const found = anomaly.byName.get(name)
    if (found !== undefined) return found
  }
  return null
}
