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
  readonly correlation: CorrelationSettings
  readonly alertmanager: AlertmanagerSettings
}
