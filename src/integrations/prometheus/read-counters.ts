import type { CounterReading } from '../../pipeline/contracts.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { MetricNames, RawSamples, RawSeries } from './metric-names.ts'

export interface CounterOptions {
  readonly names: MetricNames
  /** Counters older than this are no answer. */
  readonly staleMs: number
  /** How far behind now is read, so that all sources have arrived; 0 where there is only one. */
  readonly lagMs: number
  readonly nowMs: () => number
}

/** The newest value of each counter, summed by version. Answers 5xx are errors. Throws `unavailable` without any. */
export async function readCounters(
  samples: RawSamples,
  service: string,
  versions: readonly string[],
  { names, staleMs, lagMs, nowMs }: CounterOptions,
): Promise<readonly CounterReading[]> {
  const toMs = nowMs() - lagMs
  const series = await samples.rawBetween({
    names: [names.routerRequests, names.routerDurationBuckets, names.openFiles, names.memoryBytes],
    services: [service],
    fromMs: toMs - staleMs,
    toMs,
  })
  if (!series.some((one) => one.name === names.routerRequests)) {
    throw new CcpError(
      'unavailable',
      `no ${names.routerRequests} of ${service} in the last ${Math.round(staleMs / 1000)} s`,
      { mend: 'check that the router is scraped and that the service has traffic' },
    )
  }
  return versions.flatMap((version) => {
    const reading = readingOf(
      version,
      series.filter((one) => one.labels.version === version),
      names,
    )
    return reading === null ? [] : [reading]
  })
}

function readingOf(version: string, series: readonly RawSeries[], names: MetricNames): CounterReading | null {
  const requests = series.filter((one) => one.name === names.routerRequests)
  if (requests.length === 0) return null
  const buckets = new Map<number, number>()
  for (const one of series) {
    const leMs = one.name === names.routerDurationBuckets ? edgeMs(one.labels.le) : null
    if (leMs !== null) buckets.set(leMs, (buckets.get(leMs) ?? 0) + newest(one))
  }
  return {
    version,
    atMs: Math.min(...requests.map((one) => one.tMs.at(-1) ?? Number.NaN)),
    requests: sum(requests),
    errors: sum(requests.filter((one) => isServerError(one.labels.code))),
    buckets: [...buckets].map(([leMs, count]) => ({ leMs, count })).toSorted((a, b) => a.leMs - b.leMs),
    ...usesOf(series, names),
  }
}

/** What the version's processes use together, where they are measured. */
function usesOf(series: readonly RawSeries[], names: MetricNames): Pick<CounterReading, 'uses'> {
  const openFiles = series.filter((one) => one.name === names.openFiles)
  const memory = series.filter((one) => one.name === names.memoryBytes)
  if (openFiles.length === 0 && memory.length === 0) return {}
  return {
    uses: {
      ...(openFiles.length === 0 ? {} : { openFiles: sum(openFiles) }),
      ...(memory.length === 0 ? {} : { memoryBytes: sum(memory) }),
    },
  }
}

/** Seconds of a label as ms, free of the noise of multiplying; null for +Inf, which is `requests`. */
export function edgeMs(le: string | undefined): number | null {
  const seconds = Number(le)
  return le === undefined || !Number.isFinite(seconds) ? null : Math.round(seconds * 1e9) / 1e6
}

/** 5xx, as number or as class ("5xx"). */
export function isServerError(code: string | undefined): boolean {
  return code !== undefined && /^5(\d\d|xx)$/i.test(code)
}

function sum(series: readonly RawSeries[]): number {
  return series.reduce((total, one) => total + newest(one), 0)
}

function newest(series: RawSeries): number {
  return series.v.at(-1) ?? Number.NaN
}
