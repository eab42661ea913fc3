import { CcpError } from '../../pipeline/errors.ts'
import { parseExposition, type Sample } from './exposition.ts'
import type { RawSamples, RawSeries } from './metric-names.ts'

/** A page of metrics. `labels` are given to samples that lack them, such as the service and its version. */
export interface ScrapeTarget {
  readonly url: string
  readonly labels: Readonly<Record<string, string>>
}

export interface ScraperOptions {
  /** Asked before every scrape, so that targets may come and go. */
  readonly targets: () => readonly ScrapeTarget[] | Promise<readonly ScrapeTarget[]>
  readonly intervalMs: number
  readonly timeoutMs: number
  /** How far back samples are kept. */
  readonly keepMs: number
  /** Only metrics with these names are kept. */
  readonly names: readonly string[]
  readonly nowMs?: () => number
  readonly maxSeries?: number
}

export interface TargetHealth {
  readonly url: string
  /** Null until it has answered once. */
  readonly lastSuccessMs: number | null
  /** Why the last scrape gave nothing; null when it did. */
  readonly error: string | null
}

interface Ring {
  readonly name: string
  readonly service: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly tMs: number[]
  readonly v: number[]
}

const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Reads /metrics pages at an interval and keeps the recent past: what an installation without a Prometheus server uses. */
export class Scraper implements RawSamples {
  readonly #options: Required<ScraperOptions>
  readonly #rings = new Map<string, Ring>()
  readonly #health = new Map<string, TargetHealth>()
  #timer: NodeJS.Timeout | null = null
  #inFlight: Promise<void> | null = null
  #dropped = 0
  #targetsError: string | null = null

  constructor(options: ScraperOptions) {
    this.#options = { nowMs: Date.now, maxSeries: 20_000, ...options }
  }

  start(): void {
    if (this.#timer !== null) return
    this.#timer = setInterval(() => void this.scrapeOnce(), this.#options.intervalMs)
    this.#timer.unref()
    void this.scrapeOnce()
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    await this.#inFlight
  }

  /** One round over all targets. A round that takes longer than the interval is not doubled. */
  scrapeOnce(): Promise<void> {
    this.#inFlight ??= this.#round().finally(() => {
      this.#inFlight = null
    })
    return this.#inFlight
  }

  /** One line for each target, and how many series did not fit. */
  health(): {
    readonly targets: readonly TargetHealth[]
    readonly droppedSeries: number
    readonly error: string | null
  } {
    return { targets: [...this.#health.values()], droppedSeries: this.#dropped, error: this.#targetsError }
  }

  async rawBetween(query: Parameters<RawSamples['rawBetween']>[0]): Promise<readonly RawSeries[]> {
    this.#requireAnAnswer()
    const found: RawSeries[] = []
    for (const ring of this.#rings.values()) {
      if (!query.names.includes(ring.name)) continue
      if (ring.service === null || !query.services.includes(ring.service)) continue
      const from = firstAtOrAfter(ring.tMs, query.fromMs)
      const to = firstAtOrAfter(ring.tMs, query.toMs + 1)
      if (to > from) {
        found.push({
          name: ring.name,
          labels: ring.labels,
          tMs: ring.tMs.slice(from, to),
          v: ring.v.slice(from, to),
        })
      }
    }
    return found
  }

  #requireAnAnswer(): void {
    const targets = [...this.#health.values()]
    if (targets.some((target) => target.lastSuccessMs !== null)) return
    const why =
      this.#targetsError ?? targets.map(({ url, error }) => `${url}: ${error ?? 'not asked yet'}`).join('; ')
    throw new CcpError('unavailable', `no metrics have been scraped yet (${why || 'there are no targets'})`)
  }

  async #round(): Promise<void> {
    const targets = await this.#currentTargets()
    if (targets === null) return
    for (const { url } of targets) {
      if (!this.#health.has(url)) this.#health.set(url, { url, lastSuccessMs: null, error: 'not asked yet' })
    }
    await Promise.all(targets.map((target) => this.#scrape(target)))
    const urls = new Set(targets.map((target) => target.url))
    for (const url of this.#health.keys()) if (!urls.has(url)) this.#health.delete(url)
    this.#forget()
  }

  async #currentTargets(): Promise<readonly ScrapeTarget[] | null> {
    try {
      const targets = await this.#options.targets()
      this.#targetsError = null
      return targets
    } catch (thrown) {
      this.#targetsError = `the targets are unknown: ${messageOf(thrown)}`
      return null
    }
  }

  async #scrape(target: ScrapeTarget): Promise<void> {
    const lastSuccessMs = this.#health.get(target.url)?.lastSuccessMs ?? null
    try {
      const text = await fetchText(target.url, this.#options.timeoutMs)
      const atMs = this.#options.nowMs()
      const { samples, badLines, cut } = parseExposition(text)
      for (const sample of samples) this.#keep(sample, target, atMs)
      const error = cut
        ? 'more samples than are read'
        : badLines > 0
          ? `${badLines} lines are not metrics`
          : null
      this.#health.set(target.url, { url: target.url, lastSuccessMs: atMs, error })
    } catch (thrown) {
      this.#health.set(target.url, { url: target.url, lastSuccessMs, error: messageOf(thrown) })
    }
  }

  #keep(sample: Sample, target: ScrapeTarget, atMs: number): void {
    if (!this.#options.names.includes(sample.name)) return
    const labels: Record<string, string> = { instance: target.url, ...target.labels, ...sample.labels }
    const key = `${target.url} ${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    let ring = this.#rings.get(key)
    if (ring === undefined) {
      if (this.#rings.size >= this.#options.maxSeries) {
        this.#dropped += 1
        return
      }
      ring = { name: sample.name, service: labels.service ?? null, labels, tMs: [], v: [] }
      this.#rings.set(key, ring)
    }
    ring.tMs.push(atMs)
    ring.v.push(sample.value)
  }

  /** Drops what is older than `keepMs`, a quarter at a time so that the arrays are not moved at every scrape. */
  #forget(): void {
    const oldestMs = this.#options.nowMs() - this.#options.keepMs
    for (const [key, ring] of this.#rings) {
      if ((ring.tMs.at(-1) ?? 0) < oldestMs) {
        this.#rings.delete(key)
        continue
      }
      const expired = firstAtOrAfter(ring.tMs, oldestMs)
      if (expired < 16 || expired < ring.tMs.length / 4) continue
      ring.tMs.splice(0, expired)
      ring.v.splice(0, expired)
    }
  }
}

async function fetchText(url: string, timeoutMs: number): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > MAX_BODY_BYTES) throw new Error('its page is larger than 16 MB')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message
}

/** Index of the first time at or after `atMs`; times ascend. */
function firstAtOrAfter(tMs: readonly number[], atMs: number): number {
  let low = 0
  let high = tMs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tMs[middle] ?? 0) < atMs) low = middle + 1
    else high = middle
  }
  return low
}
