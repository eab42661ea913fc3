import { toCcpError, type CcpError } from '../errors.ts'
import type { ServiceDefinition } from '../services.ts'
import { PendingBreaches } from './pending-breaches.ts'
import type { MetricAlert, QuerySource } from './ports.ts'
import { judgeSeason } from './seasonal-baseline.ts'
import type { MetricWatchSettings, SeasonalWatch, ThresholdWatch } from './settings.ts'

export interface MetricWatchDeps {
  readonly queries: QuerySource
  readonly services: readonly Pick<ServiceDefinition, 'name'>[]
  /** A watch that could not be read: it neither alarms nor is calm. */
  report(error: CcpError): void
  /** Why a series is not judged; told once. */
  note(text: string): void
}

type Labels = Readonly<Record<string, string>>
type Value = Awaited<ReturnType<QuerySource['valuesAt']>>[number]

interface Finding {
  readonly labels: Labels
  readonly what: string
}

interface Baseline {
  readonly atMs: number
  /** By series, the values around the same time of each season before. */
  readonly seasons: readonly ReadonlyMap<string, readonly number[]>[]
}

/** The same time of a day or week ago does not change within minutes. */
const BASELINE_FRESH_MS = 5 * 60_000
/** Values that are read around the same time of one season. */
const VALUES_PER_SEASON = 20

/** Values that are asked of the metric server again and again; an alert when one has been out of bounds for long enough. */
export class MetricWatches {
  readonly #settings: MetricWatchSettings
  readonly #deps: MetricWatchDeps
  readonly #pending: PendingBreaches
  readonly #baselines = new Map<string, Baseline>()
  readonly #noted = new Set<string>()

  constructor(settings: MetricWatchSettings, deps: MetricWatchDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#pending = new PendingBreaches(settings.everyMs)
  }

  /** Looks at every watch once; one that cannot be read is reported and left as it was. */
  async look(atMs: number): Promise<readonly MetricAlert[]> {
    const { thresholds, seasonal } = this.#settings
    const looks = [
      ...thresholds.map((watch) => this.#alertsOf(watch, atMs, () => this.#beyond(watch, atMs))),
      ...seasonal.map((watch) => this.#alertsOf(watch, atMs, () => this.#unusual(watch, atMs))),
    ]
    const alerts = await Promise.all(looks)
    return alerts.flat()
  }

  async #alertsOf(
    watch: ThresholdWatch | SeasonalWatch,
    atMs: number,
    find: () => Promise<readonly Finding[]>,
  ): Promise<readonly MetricAlert[]> {
    const found = await find().catch((thrown: unknown) => this.#deps.report(toCcpError(thrown)))
    if (found === undefined) return []
    const bySeries = new Map(found.map((finding) => [seriesText(finding.labels), finding]))
    const ripe = this.#pending.take(watch.name, [...bySeries.keys()], { forMs: watch.forMs, atMs })
    return [...ripe].flatMap(([series, sinceMs]) => {
      const finding = bySeries.get(series)
      return finding === undefined ? [] : [this.#alert(watch, { ...finding, series, sinceMs, atMs })]
    })
  }

  async #beyond(watch: ThresholdWatch, atMs: number): Promise<readonly Finding[]> {
    const { kind, value: bound } = watch.bound
    const values = await this.#ownValues(watch, atMs)
    return values
      .filter(({ value }) => (kind === 'above' ? value > bound : value < bound))
      .map(({ labels, value }) => ({ labels, what: `${shown(value)} is ${kind} ${shown(bound)}` }))
  }

  async #unusual(watch: SeasonalWatch, atMs: number): Promise<readonly Finding[]> {
    const [values, { seasons }] = await Promise.all([
      this.#ownValues(watch, atMs),
      this.#baseline(watch, atMs),
    ])
    return values.flatMap(({ labels, value }): readonly Finding[] => {
      const series = seriesText(labels)
      const verdict = judgeSeason(
        value,
        seasons.map((season) => season.get(series) ?? []),
        watch,
      )
      if (verdict.kind === 'inconclusive') this.#noteOnce(`watch ${watch.name} ${series}: ${verdict.because}`)
      if (verdict.kind !== 'unusual') return []
      const { usual, scales, seasons: known } = verdict
      const side = scales > 0 ? 'more' : 'less'
      const what = `${shown(value)} is ${side} than usual: ${shown(usual)} at this time of the last ${known} ${seasonWords(watch)}, ${Math.abs(scales).toFixed(1)} scales away`
      return [{ labels, what }]
    })
  }

  /** Series of services that are not ours are not watched; those that name none are. */
  async #ownValues(watch: ThresholdWatch | SeasonalWatch, atMs: number): Promise<readonly Value[]> {
    const values = await this.#deps.queries.valuesAt(watch.query, atMs)
    if (watch.service !== null) return values
    return values.filter(({ labels }) => {
      const named = labels[watch.serviceLabel]
      return named === undefined || this.#deps.services.some(({ name }) => name === named)
    })
  }

  async #baseline(watch: SeasonalWatch, atMs: number): Promise<Baseline> {
    const before = this.#baselines.get(watch.name)
    if (before !== undefined && atMs - before.atMs < BASELINE_FRESH_MS) return before
    const { query, seasonMs, windowMs } = watch
    const stepMs = Math.max(1_000, Math.round((2 * windowMs) / VALUES_PER_SEASON))
    const back = Array.from({ length: watch.seasons }, (_, i) => atMs - (i + 1) * seasonMs)
    const read = await Promise.all(
      back.map((t) =>
        this.#deps.queries.valuesBetween(query, { fromMs: t - windowMs, toMs: t + windowMs, stepMs }),
      ),
    )
    const seasons = read.map(
      (series) => new Map(series.map(({ labels, values }) => [seriesText(labels), values])),
    )
    const baseline = { atMs, seasons }
    this.#baselines.set(watch.name, baseline)
    return baseline
  }

  #alert(
    { name, service, serviceLabel, urgency, summary }: ThresholdWatch | SeasonalWatch,
    { labels, what, series, sinceMs, atMs }: Finding & { series: string; sinceMs: number; atMs: number },
  ): MetricAlert {
    const about = service ?? labels[serviceLabel] ?? null
    const subject = about === null || name.includes(about) ? name : `${about}: ${name}`
    const text = summary === null ? `${subject}: ${what}` : `${subject}: ${summary} (${what})`
    return { watch: name, series, service: about, urgency, summary: text, sinceMs, atMs }
  }

  #noteOnce(text: string): void {
    if (this.#noted.has(text)) return
    this.#noted.add(text)
    this.#deps.note(text)
  }
}

/** The labels of a series, by which it is known again. */
function seriesText(labels: Labels): string {
  const told = Object.entries(labels).filter(([name]) => name !== '__name__')
  return `{${told
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .sort()
    .join(',')}}`
}

function seasonWords({ seasonMs }: SeasonalWatch): string {
  return seasonMs > 86_400_000 ? 'weeks' : 'days'
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
}
