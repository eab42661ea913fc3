import type { WatchSettings } from './error-rate-watch.ts'

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
}
