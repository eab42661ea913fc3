/** What the metrics are called where this program is installed; every name may be replaced. */
export interface MetricNames {
  /** Counter {service, version, route, method, status} of answered requests. */
  readonly requests: string
  /** Histogram buckets {service, version, le} in seconds. */
  readonly durationBuckets: string
  /** Counter {service, version, target, status} of calls to other services. */
  readonly clientRequests: string
  readonly cpuSeconds: string
  readonly memoryBytes: string
  readonly openFiles: string
  /** Counter {service, version, code}, counted where the traffic is split. */
  readonly routerRequests: string
  /** Histogram buckets {service, version, le} in seconds, counted where the traffic is split. */
  readonly routerDurationBuckets: string
}

export const DEFAULT_METRIC_NAMES: MetricNames = {
  requests: 'http_requests_total',
  durationBuckets: 'http_request_duration_seconds_bucket',
  clientRequests: 'http_client_requests_total',
  cpuSeconds: 'process_cpu_seconds_total',
  memoryBytes: 'process_resident_memory_bytes',
  openFiles: 'process_open_fds',
  routerRequests: 'router_requests_total',
  routerDurationBuckets: 'router_request_duration_seconds_bucket',
}

/** One time series as it was scraped. Times are epoch ms, ascending. */
export interface RawSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly tMs: readonly number[]
  readonly v: readonly number[]
}

/** Where raw samples are kept: in this process, or on a Prometheus server. */
export interface RawSamples {
  /** Samples with fromMs <= time <= toMs of these metrics, for services among `services`. Throws `unavailable`. */
  rawBetween(query: {
    readonly names: readonly string[]
    readonly services: readonly string[]
    readonly fromMs: number
    readonly toMs: number
  }): Promise<readonly RawSeries[]>
}
