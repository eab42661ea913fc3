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
