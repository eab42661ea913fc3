/** One PagerDuty incident, as the webhook and the REST API both give it. */
export interface Page {
  readonly pagerdutyId: string
  readonly title: string
  readonly status: 'triggered' | 'acknowledged' | 'resolved'
  readonly urgency: 'high' | 'low'
  readonly pagerdutyServiceId: string
  readonly pagerdutyServiceName: string
  readonly htmlUrl: string | null
  readonly createdAtMs: number
}

/** What became of a page; other news of it is acknowledged and left alone. */
export interface PageEvent {
  /** Unique for each piece of news, whoever brings it. */
  readonly eventId: string
  readonly kind: 'triggered' | 'resolved' | 'reopened' | 'other'
  readonly page: Page
  readonly atMs: number
}

/** An error ratio that stayed above its objective. */
export interface RatioAlert {
  readonly service: string
  readonly errorRatio: number
  readonly objective: number
  readonly requests: number
  readonly sinceMs: number
  readonly atMs: number
}

export interface PageSource {
  /** Open pages, and those resolved since, oldest first. */
  pagesSince(sinceMs: number): Promise<readonly Page[]>
}

/** One alert as Alertmanager tells of it; it repeats what still fires. */
export interface AlertNews {
  readonly kind: 'firing' | 'resolved'
  /** Hash of the labels: the same for the same alert whenever it fires. */
  readonly fingerprint: string
  readonly labels: Readonly<Record<string, string>>
  /** One line for a person. */
  readonly summary: string
  readonly startsAtMs: number
  /** The notification group that it came in. */
  readonly groupKey: string
  /** Where it can be looked at. */
  readonly url: string | null
  /** When it came. */
  readonly atMs: number
}

type Labels = Readonly<Record<string, string>>

/** Where queries are answered from. Throws CcpErrors. */
export interface QuerySource {
  /** The value of each series at that time; a series without one is not there. */
  valuesAt(
    query: string,
    atMs: number,
  ): Promise<readonly { readonly labels: Labels; readonly value: number }[]>
  /** The values of each series, in order, without those that are missing. */
  valuesBetween(
    query: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  ): Promise<readonly { readonly labels: Labels; readonly values: readonly number[] }[]>
}

/** A watched value that has been out of bounds for long enough. */
export interface MetricAlert {
  /** Name of the watch, and the labels of the series, which tell its series apart. */
  readonly watch: string
  readonly series: string
  readonly service: string | null
  readonly urgency: 'high' | 'low'
  readonly summary: string
  readonly sinceMs: number
  readonly atMs: number
}
