import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawSamples, RawSeries } from '../../src/integrations/prometheus/metric-names.ts'
import { metricSource, trafficCounters } from '../../src/integrations/prometheus/metric-source.ts'
import type { MetricSeries } from '../../src/pipeline/signals/telemetry.ts'
import { RELEASE_AT, RESTART_AT, SCRAPES, SCRAPE_MS, timeline } from './metrics-timeline.ts'

export interface Installation {
  readonly samples: RawSamples
  close(): Promise<void>
}

/** What holds for the two ports wherever the samples are kept: one suite, run on the scraper and on Prometheus. */
export function metricsContract(
  name: string,
  open: (series: readonly RawSeries[]) => Promise<Installation>,
  baseMs: number,
): void {
  const at = (scrape: number) => baseMs + scrape * SCRAPE_MS
  const last = at(SCRAPES - 1)

  describe(`counters from ${name}`, () => {
    let installation: Installation
    beforeAll(async () => {
      installation = await open(timeline(baseMs))
    })
    afterAll(() => installation.close())

    const read = (nowMs: number, versions: readonly string[], service = 'payment', lagMs = 0) =>
      trafficCounters(installation.samples, { staleMs: 12_000, lagMs, nowMs: () => nowMs }).read(
        service,
        versions,
      )

    it('are the newest by version, 5xx as errors, with the edges of the histogram in ms', async () => {
      const readings = await read(last + 100, ['v1', 'v2'])
      const steps = SCRAPES - 1 - RELEASE_AT
      expect(readings).toEqual([
        {
          version: 'v1',
          atMs: last,
          requests: 1000 + 40 * (SCRAPES - 1),
          errors: 0,
          buckets: [
            { leMs: 2.5, count: 0 },
            { leMs: 10, count: 0.9 * (1000 + 40 * (SCRAPES - 1)) },
          ],
          uses: { openFiles: 17, memoryBytes: 50e6 + SCRAPES - 1 },
        },
        {
          version: 'v2',
          atMs: last,
          requests: 8 * steps + 2 * (steps - 1),
          errors: 2 * (steps - 1),
          buckets: [
            { leMs: 2.5, count: 0 },
            { leMs: 10, count: Math.round(0.9 * (8 * steps + 2 * (steps - 1))) },
          ],
        },
      ])
    })

    it('leave out a version that has had no traffic', async () => {
      expect((await read(at(RELEASE_AT - 1) + 1, ['v1', 'v2'])).map((one) => one.version)).toEqual(['v1'])
      expect((await read(last, ['v1', 'v9'])).map((one) => one.version)).toEqual(['v1'])
    })

    it('are read behind now where a lag is asked for', async () => {
      expect((await read(last, ['v1'], 'payment', 2 * SCRAPE_MS))[0]).toMatchObject({
        atMs: at(SCRAPES - 3),
        requests: 1000 + 40 * (SCRAPES - 3),
      })
    })

    it('that are old, or of a service that has none, are no answer rather than no traffic', async () => {
      await expect(read(last + 60_000, ['v1'])).rejects.toMatchObject({ code: 'unavailable' })
      await expect(read(last, ['v1'], 'billing')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('billing'),
      })
      await expect(read(last, ['v1'], 'pay.*')).rejects.toMatchObject({ code: 'unavailable' })
    })
  })

  describe(`series from ${name}`, () => {
    let installation: Installation
    let series: readonly MetricSeries[] = []
    beforeAll(async () => {
      installation = await open(timeline(baseMs))
      const source = metricSource(installation.samples, { stepMs: 2 * SCRAPE_MS })
      series = await source.seriesBetween({ services: ['payment', 'checkout'], fromMs: at(0), toMs: at(22) })
    })
    afterAll(() => installation.close())

    const named = (service: string, wanted: string) =>
      series.find((one) => one.service === service && one.name === wanted)
    const values = (service: string, wanted: string) => named(service, wanted)?.v ?? []

    it('carry the names, the units, the version and one time for each value, in epoch seconds', () => {
      expect(
        series.map((one) => `${one.service} ${one.instance} ${one.name} ${one.unit}`).toSorted(),
      ).toEqual([
        'checkout v7 client_request_rate 1/s',
        'checkout v7 client_success_ratio ratio',
        'checkout v7 request_rate 1/s',
        'checkout v7 success_ratio ratio',
        'payment v1 cpu_usage cores',
        'payment v1 latency_p50 s',
        'payment v1 latency_p95 s',
        'payment v1 latency_p99 s',
        'payment v1 memory_usage bytes',
        'payment v1 open_fds count',
        'payment v1 request_rate 1/s',
        'payment v1 success_ratio ratio',
      ])
      for (const one of series) expect(one.t).toHaveLength(one.v.length)
      expect(named('payment', 'request_rate')?.t.at(-1)).toBe(at(22) / 1000)
    })

    it('give rates a second and ratios over all routes', () => {
      expect(values('payment', 'request_rate').slice(1, 9)).toEqual(Array(8).fill(11))
      expect(values('payment', 'success_ratio').slice(1, 9)).toEqual(Array(8).fill(1))
    })

    it('see the first failure of its kind, whose counter does not begin at 0', () => {
      const ratio = values('payment', 'success_ratio').at(-2)
      expect(ratio).toBeCloseTo(1 - 3 / 113, 9)
    })

    it('give quantiles inside the bucket, and what a process uses', () => {
      expect(values('payment', 'latency_p50').at(-1)).toBeCloseTo(0.01, 9)
      expect(values('payment', 'latency_p95').at(-1)).toBeCloseTo(0.091, 9)
      expect(values('payment', 'cpu_usage').at(-1)).toBeCloseTo(0.5, 9)
      expect(values('payment', 'memory_usage').at(-1)).toBe(50e6 + 22)
      expect(values('payment', 'open_fds').at(-1)).toBe(17)
    })

    it('count on after a restart, never downwards', () => {
      const rates = values('checkout', 'request_rate')
      expect(rates.every((rate) => rate === null || rate >= 0)).toBe(true)
      expect(rates[RESTART_AT / 2]).toBeLessThanOrEqual(10)
      expect(rates.at(-1)).toBe(10)
    })

    it('measure calls at the caller, on the edge', () => {
      expect(named('checkout', 'client_success_ratio')?.edge).toEqual(['checkout', 'payment'])
      expect(values('checkout', 'client_success_ratio')[4]).toBeCloseTo(1 - 5 / 55, 9)
      expect(values('checkout', 'client_success_ratio').at(-1)).toBe(1)
    })

    it('are none for a time before there was anything', async () => {
      const source = metricSource(installation.samples, { stepMs: SCRAPE_MS })
      expect(await source.seriesBetween({ services: ['payment'], fromMs: at(-50), toMs: at(-20) })).toEqual(
        [],
      )
    })
  })
}
