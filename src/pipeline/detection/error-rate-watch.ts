import type { MetricSeries } from '../signals/telemetry.ts'
import type { RatioAlert } from './ports.ts'

/** Requests and errors of one service in one stretch of time. */
export interface RatioSample {
  readonly service: string
  readonly requests: number
  readonly errors: number
  readonly atMs: number
}

export interface WatchSettings {
  /** The ratio must stay above the objective times this factor ... */
  readonly factor: number
  /** ... for this long ... */
  readonly forMs: number
  /** ... over at least this many requests, before it is an alert. */
  readonly minRequests: number
}

interface Breach {
  readonly sinceMs: number
  readonly requests: number
  readonly errors: number
}

/** Follows error ratios over time; one alert for each uninterrupted breach. */
export class ErrorRateWatch {
  readonly #settings: WatchSettings
  readonly #objectives: ReadonlyMap<string, number>
  readonly #breaches = new Map<string, Breach>()
  readonly #alerted = new Set<string>()

  constructor(settings: WatchSettings, objectives: ReadonlyMap<string, number>) {
    this.#settings = settings
    this.#objectives = objectives
  }

  /** Takes the newest sample of a service; an alert when its breach has just lasted long enough. */
  take(sample: RatioSample): RatioAlert | null {
    const { service, requests, errors, atMs } = sample
    const objective = this.#objectives.get(service)
    if (objective === undefined || requests === 0) return null // no traffic says nothing, either way
    if (errors / requests <= objective * this.#settings.factor) return this.#calm(service)
    const before = this.#breaches.get(service) ?? { sinceMs: atMs, requests: 0, errors: 0 }
    const breach = { ...before, requests: before.requests + requests, errors: before.errors + errors }
    this.#breaches.set(service, breach)
    const ripe =
      atMs - breach.sinceMs >= this.#settings.forMs && breach.requests >= this.#settings.minRequests
    if (!ripe || this.#alerted.has(service)) return null
    this.#alerted.add(service)
    const errorRatio = breach.errors / breach.requests
    return { service, errorRatio, objective, requests: breach.requests, sinceMs: breach.sinceMs, atMs }
  }

  #calm(service: string): null {
    this.#breaches.delete(service)
    this.#alerted.delete(service)
    return null
  }
}

/** Requests and errors of each service in the stretch that the series cover, all its versions together. */
export function ratioSamples(series: readonly MetricSeries[], atMs: number): readonly RatioSample[] {
  const own = series.filter((one) => one.edge === undefined)
  const samples = new Map<string, { requests: number; errors: number }>()
  for (const rate of own.filter(({ name }) => name === 'request_rate')) {
    const success = own.find(
      (one) => one.name === 'success_ratio' && one.service === rate.service && one.instance === rate.instance,
    )
    const sum = samples.get(rate.service) ?? { requests: 0, errors: 0 }
    for (const [i, t] of rate.t.entries()) {
      const requests = (rate.v[i] ?? 0) * stepSec(rate.t, i)
      const ratio = success?.v[success.t.indexOf(t)] ?? 1
      sum.requests += requests
      sum.errors += requests * (1 - ratio)
    }
    samples.set(rate.service, sum)
  }
  return [...samples].map(([service, { requests, errors }]) => ({
    service,
    requests: Math.round(requests),
    errors: Math.round(errors),
    atMs,
  }))
}

function stepSec(t: readonly number[], i: number): number {
  const [here, next] = i === 0 ? [t[0], t[1]] : [t[i - 1], t[i]]
  return (next ?? 0) - (here ?? 0) > 0 ? (next ?? 0) - (here ?? 0) : 0
}
