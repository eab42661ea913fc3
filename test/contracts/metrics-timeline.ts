import type { RawSeries } from '../../src/integrations/prometheus/metric-names.ts'

/** Scrapes every 5 s for 2 minutes; what happens in them is said below. */
export const SCRAPE_MS = 5_000
export const SCRAPES = 24
/** The scrape at which the new version starts, and the one at which checkout restarts. */
export const RELEASE_AT = 12
export const RESTART_AT = 18

type At = (scrape: number) => number | null

/**
 * payment answers 10 requests/s; from scrape 12 on v2 takes 2 of them and fails every fourth. checkout calls payment and
 * restarts at scrape 18. A service nobody asks for is there too.
 */
export function timeline(baseMs: number): readonly RawSeries[] {
  const since =
    (start: number, perScrape: number): At =>
    (scrape) =>
      scrape < start ? null : (scrape - start) * perScrape
  const payment = { service: 'payment' }
  const v1 = { ...payment, version: 'v1' }
  const v2 = { ...payment, version: 'v2' }
  const checkout = { service: 'checkout', version: 'v7' }
  const restarting: At = (scrape) => (scrape < RESTART_AT ? scrape * 50 : (scrape - RESTART_AT) * 50)
  return [
    ...routed(v1, { '200': (scrape) => 1000 + scrape * 40, '500': since(0, 0) }, baseMs),
    ...routed(v2, { '200': since(RELEASE_AT, 8), '503': since(RELEASE_AT + 1, 2) }, baseMs),
    series(
      'http_requests_total',
      { ...v1, route: '/charge', method: 'POST', status: '200' },
      (scrape) => 500 + scrape * 50,
      baseMs,
    ),
    series(
      'http_requests_total',
      { ...v1, route: '/odd "one"\\', method: 'GET', status: '404' },
      (scrape) => scrape * 5,
      baseMs,
    ),
    // The first failure of its kind: a counter that begins at 3.
    series(
      'http_requests_total',
      { ...v1, route: '/charge', method: 'POST', status: '500' },
      (scrape) => (scrape < 20 ? null : 3),
      baseMs,
    ),
    series('http_request_duration_seconds_bucket', { ...v1, le: '0.01' }, (scrape) => scrape * 25, baseMs),
    series('http_request_duration_seconds_bucket', { ...v1, le: '0.1' }, (scrape) => scrape * 50, baseMs),
    series('http_request_duration_seconds_bucket', { ...v1, le: '+Inf' }, (scrape) => scrape * 50, baseMs),
    series('process_cpu_seconds_total', v1, (scrape) => scrape * 2.5, baseMs),
    series('process_resident_memory_bytes', v1, (scrape) => 50e6 + scrape, baseMs),
    series('process_open_fds', v1, () => 17, baseMs),
    series(
      'http_requests_total',
      { ...checkout, route: '/checkout', method: 'POST', status: '200' },
      restarting,
      baseMs,
    ),
    series(
      'http_client_requests_total',
      { ...checkout, target: 'payment', status: '200' },
      restarting,
      baseMs,
    ),
    series(
      'http_client_requests_total',
      { ...checkout, target: 'payment', status: '502' },
      (scrape) => (scrape < RESTART_AT ? scrape * 5 : 0),
      baseMs,
    ),
    series(
      'http_requests_total',
      { service: 'stranger', version: 'v0', route: '/', method: 'GET', status: '200' },
      (scrape) => scrape,
      baseMs,
    ),
  ]
}

/** Requests by code, and a histogram in which a tenth is slower than 10 ms. */
function routed(
  labels: Readonly<Record<string, string>>,
  codes: Readonly<Record<string, At>>,
  baseMs: number,
): readonly RawSeries[] {
  const total: At = (scrape) => {
    const counts = Object.values(codes).flatMap((at) => at(scrape) ?? [])
    return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0)
  }
  const share =
    (of: number): At =>
    (scrape) => {
      const count = total(scrape)
      return count === null ? null : Math.round(count * of)
    }
  const bucket = (le: string, at: At) =>
    series('router_request_duration_seconds_bucket', { ...labels, le }, at, baseMs)
  return [
    ...Object.entries(codes).map(([code, at]) =>
      series('router_requests_total', { ...labels, code }, at, baseMs),
    ),
    bucket('0.0025', share(0)),
    bucket('0.01', share(0.9)),
    bucket('+Inf', total),
  ]
}

function series(name: string, labels: Readonly<Record<string, string>>, at: At, baseMs: number): RawSeries {
  const points = Array.from(
    { length: SCRAPES },
    (_, scrape) => [baseMs + scrape * SCRAPE_MS, at(scrape)] as const,
  )
  const present = points.filter((point): point is readonly [number, number] => point[1] !== null)
  return { name, labels, tMs: present.map(([t]) => t), v: present.map(([, v]) => v) }
}

/** The page of a scrape in the text format, of the services asked for. */
export function pageAt(all: readonly RawSeries[], atMs: number): string {
  const lines = all.flatMap((one) => {
    const value = one.v[one.tMs.indexOf(atMs)]
    return value === undefined ? [] : `${one.name}{${labelText(one.labels)}} ${value}`
  })
  return `${lines.join('\n')}\n`
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
    .join(',')
}
