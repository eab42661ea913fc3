import type { Routes } from './routing-table.ts'

const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const

interface Durations {
  readonly labels: string
  readonly counts: number[]
  sumSeconds: number
}

/** What the router has passed on, in the Prometheus text format; the load-bearing input of every canary verdict. */
export class RouterMetrics {
  readonly #requests = new Map<string, number>()
  readonly #durations = new Map<string, Durations>()

  /** Counts one finished request; `code` is the status, 502 for a connection failure, 499 for a caller that went away. */
  observe(service: string, version: string, code: number, seconds: number): void {
    const labels = labelText({ service, version })
    const key = `${labels},code="${code}"`
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
    const durations = this.#durationsOf(labels)
    const bucket = bucketsSeconds.findIndex((bound) => seconds <= bound)
    const index = bucket === -1 ? bucketsSeconds.length : bucket
    durations.counts[index] = (durations.counts[index] ?? 0) + 1
    durations.sumSeconds += seconds
  }

  exposition(routes: Readonly<Record<string, Routes>>): string {
    return [...this.#requestLines(), ...this.#durationLines(), ...weightLines(routes), ''].join('\n')
  }

  #durationsOf(labels: string): Durations {
    const known = this.#durations.get(labels)
    if (known !== undefined) return known
    const durations = { labels, counts: new Array<number>(bucketsSeconds.length + 1).fill(0), sumSeconds: 0 }
    this.#durations.set(labels, durations)
    return durations
  }

  *#requestLines(): Generator<string> {
    yield '# HELP router_requests_total Requests passed on, by version and status.'
    yield '# TYPE router_requests_total counter'
    for (const [labels, count] of this.#requests) yield `router_requests_total{${labels}} ${count}`
  }

  *#durationLines(): Generator<string> {
    const name = 'router_request_duration_seconds'
    yield `# HELP ${name} Time from the arrival of a request to the end of its answer.`
    yield `# TYPE ${name} histogram`
    for (const { labels, counts, sumSeconds } of this.#durations.values()) {
      let below = 0
      for (const [index, count] of counts.entries()) {
        below += count
        yield `${name}_bucket{${labels},le="${bucketsSeconds[index] ?? '+Inf'}"} ${below}`
      }
      yield `${name}_sum{${labels}} ${sumSeconds.toFixed(6)}`
      yield `${name}_count{${labels}} ${below}`
    }
  }
}

function* weightLines(routes: Readonly<Record<string, Routes>>): Generator<string> {
  yield '# HELP router_backend_weight Share of the traffic in percent.'
  yield '# TYPE router_backend_weight gauge'
  for (const [service, { backends }] of Object.entries(routes))
    for (const { version, weight } of backends)
      yield `router_backend_weight{${labelText({ service, version })}} ${weight}`
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
    .join(',')
}
