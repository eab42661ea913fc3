import type { Config } from '../config/load.ts'
import { prometheusQueries } from '../integrations/prometheus/prometheus-queries.ts'
import { prometheusSamples } from '../integrations/prometheus/prometheus-api.ts'
import { metricSource, neededMetrics, trafficCounters } from '../integrations/prometheus/metric-source.ts'
import { Scraper, type ScrapeTarget } from '../integrations/prometheus/scraper.ts'
import type { ProcessTarget } from '../integrations/processes/process-target.ts'
import type { QuerySource } from '../pipeline/detection/ports.ts'
import type { MetricSource, SpanSource } from '../pipeline/rca/ports.ts'
import type { TrafficCounters } from '../pipeline/verification/ports.ts'
import { spanSource } from './span-source.ts'

export interface Observability {
  readonly metrics: MetricSource
  readonly counters: TrafficCounters
  /** Null: nothing that keeps traces is configured. */
  readonly spans: SpanSource | null
  /** Null without a Prometheus server. */
  readonly queries: QuerySource | null
  start(): void
  stop(): Promise<void>
}

/**
 * Metrics from a Prometheus server where one is configured, else scraped by this process from router and releases; traces from
 * Jaeger or Tempo where one of them is configured.
 */
export function observe(config: Config, target: ProcessTarget): Observability {
  const { environment, detection } = config
  const stepMs = environment.PROMETHEUS_URL === null ? detection.scrapeEveryMs : 15_000
  if (environment.PROMETHEUS_URL !== null) {
    const server = { url: environment.PROMETHEUS_URL, timeoutMs: 5_000 }
    const samples = prometheusSamples(server)
    return {
      queries: prometheusQueries(server),
      metrics: metricSource(samples, { stepMs }),
      counters: trafficCounters(samples, { staleMs: 4 * stepMs, lagMs: 2 * stepMs }),
      spans: spanSource(config),
      start: () => undefined,
      stop: () => Promise.resolve(),
    }
  }
  const scraper = new Scraper({
    targets: () => targetsOf(target, environment.CCP_ROUTER_URL),
    intervalMs: stepMs,
    timeoutMs: Math.max(stepMs, 1_000),
    keepMs: detection.keepMs,
    names: neededMetrics(),
  })
  return {
    queries: null,
    metrics: metricSource(scraper, { stepMs }),
    // One process reads all counters in one round: nothing arrives later than the rest.
    counters: trafficCounters(scraper, { staleMs: Math.max(4 * stepMs, 3_000), lagMs: 0 }),
    spans: spanSource(config),
    start: () => scraper.start(),
    stop: () => scraper.stop(),
  }
}

function targetsOf(target: ProcessTarget, routerUrl: string): readonly ScrapeTarget[] {
  const releases = target
    .endpoints()
    .map(({ service, version, url }) => ({ url: `${url}/metrics`, labels: { service, version } }))
  return [{ url: `${routerUrl.replace(/\/$/, '')}/metrics`, labels: {} }, ...releases]
}
