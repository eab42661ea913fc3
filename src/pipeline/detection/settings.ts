import type { WatchSettings } from './error-rate-watch.ts'

export interface CorrelationSettings {
  /** Alerts of services on one call path are one incident where they begin at most this far from each other ... */
  readonly windowMs: number
  /** ... and at most this many calls. */
  readonly hops: number
}

export interface AlertmanagerSettings {
  /** Labels that may name the service; the first whose value is one of services.yaml counts. */
  readonly serviceLabels: readonly string[]
  /** Values of the label `severity` that are of low urgency. */
  readonly lowUrgency: readonly string[]
  /** Values of the label `severity` that are no incident. */
  readonly ignore: readonly string[]
}

interface Watched {
  readonly name: string
  /** PromQL. */
  readonly query: string
  /** The service that it is about; null: the label `serviceLabel` of each series says. */
  readonly service: string | null
  readonly serviceLabel: string
  /** It must be out of bounds for this long without a break. */
  readonly forMs: number
  readonly urgency: 'high' | 'low'
  /** One sentence for a person; null: name, value and bound. */
  readonly summary: string | null
}

/** A value beyond a fixed bound. */
export interface ThresholdWatch extends Watched {
  readonly bound: { readonly kind: 'above' | 'below'; readonly value: number }
}

/** A value unlike those of the same time in the days or weeks before. */
export interface SeasonalWatch extends Watched {
  readonly seasonMs: number
  /** How many seasons back are looked at, and how many of them must have values. */
  readonly seasons: number
  readonly minSeasons: number
  /** Values up to this long before and after the same time count as of that time. */
  readonly windowMs: number
  readonly direction: 'above' | 'below' | 'both'
  /** Scales from the median from which on a value is unusual. */
  readonly deviation: number
  /** The scale is at least this share of the median ... */
  readonly relativeFloor: number
  /** ... and this, in the unit of the query. */
  readonly floor: number
}

export interface MetricWatchSettings {
  readonly everyMs: number
  readonly thresholds: readonly ThresholdWatch[]
  readonly seasonal: readonly SeasonalWatch[]
}

export interface DetectionSettings {
  /** How often PagerDuty is asked for pages that no webhook told of. */
  readonly pollEveryMs: number
  /** How far back the first look goes. */
  readonly lookBackMs: number
  /** How often the bot scrapes /metrics itself, where no Prometheus server is configured. */
  readonly scrapeEveryMs: number
  /** How much of what it scraped it keeps. */
  readonly keepMs: number
  /** Null: off. */
  readonly errorRateWatch: WatchSettings | null
  readonly metricWatches: MetricWatchSettings
  readonly correlation: CorrelationSettings
  readonly alertmanager: AlertmanagerSettings
}
