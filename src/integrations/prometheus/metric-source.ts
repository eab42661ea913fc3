import type { CounterReading } from '../../pipeline/contracts.ts'
import type { MetricSource } from '../../pipeline/rca/ports.ts'
import type { TrafficCounters } from '../../pipeline/verification/ports.ts'
import { deriveSeries } from './derive-series.ts'
import { DEFAULT_METRIC_NAMES, type MetricNames, type RawSamples } from './metric-names.ts'
import { readCounters } from './read-counters.ts'

export interface MetricOptions {
  readonly names?: Partial<MetricNames>
  /** Distance of the values of a derived series; at least the scrape interval. */
  readonly stepMs: number
}

/** The series of the RCA stage, derived from raw samples wherever they are kept. */
export function metricSource(samples: RawSamples, options: MetricOptions): MetricSource {
  const names = { ...DEFAULT_METRIC_NAMES, ...options.names }
  return {
    async seriesBetween({ services, fromMs, toMs }) {
      const raw = await samples.rawBetween({
        names: serviceMetrics(names),
        services,
        fromMs: fromMs - options.stepMs, // what the first step counts from
        toMs,
      })
      return deriveSeries(raw, names, { fromMs, toMs, stepMs: options.stepMs })
    },
  }
}

export interface TrafficCounterOptions {
  readonly names?: Partial<MetricNames>
  readonly staleMs: number
  readonly lagMs: number
  readonly nowMs?: () => number
}

/** The counters of the verification stage, from raw samples wherever they are kept. */
export function trafficCounters(samples: RawSamples, options: TrafficCounterOptions): TrafficCounters {
  const settings = {
    nowMs: Date.now,
    ...options,
    names: { ...DEFAULT_METRIC_NAMES, ...options.names },
  }
  return {
    read(service: string, versions: readonly string[]): Promise<readonly CounterReading[]> {
      return readCounters(samples, service, versions, settings)
    },
  }
}

/** All metrics that either source reads: what the scraper is to keep. */
export function neededMetrics(names: Partial<MetricNames> = {}): readonly string[] {
  return Object.values({ ...DEFAULT_METRIC_NAMES, ...names })
}

function serviceMetrics(names: MetricNames): readonly string[] {
  const { routerRequests, routerDurationBuckets, ...ofServices } = names
  return Object.values(ofServices).filter((name) => name !== routerRequests && name !== routerDurationBuckets)
}
