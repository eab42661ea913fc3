export type IncidentStatus = 'triggered' | 'acknowledged' | 'resolved'
export type Urgency = 'high' | 'low'

export interface PagerDutyPerson {
  readonly id: string
  readonly name: string
  readonly email: string
}

export interface PagerDutyServiceRecord {
  readonly id: string
  readonly name: string
  /** Integration key of the Events API v2. */
  readonly routingKey: string
}

export interface NoteRecord {
  readonly id: string
  readonly content: string
  readonly by: PagerDutyPerson
  readonly atMs: number
}

export interface AlertRecord {
  readonly id: string
  readonly alertKey: string
  readonly summary: string
  readonly severity: string
  readonly source: string
  readonly details: Readonly<Record<string, unknown>>
  status: 'triggered' | 'resolved'
  readonly atMs: number
}

export interface IncidentRecord {
  readonly id: string
  readonly number: number
  readonly key: string
  title: string
  status: IncidentStatus
  urgency: Urgency
  readonly service: PagerDutyServiceRecord
  readonly createdMs: number
  changedMs: number
  changedBy: Agent
  resolveReason: string | null
  readonly assignees: PagerDutyPerson[]
  readonly notes: NoteRecord[]
  readonly alerts: AlertRecord[]
}

/** Who caused a change: a person, or the service an event came in through. */
export type Agent =
  | { readonly kind: 'person'; readonly person: PagerDutyPerson }
  | { readonly kind: 'service'; readonly service: PagerDutyServiceRecord }

/** One attempt-by-attempt record of a webhook, as the page lists it. */
export interface Delivery {
  readonly id: string
  readonly eventId: string
  readonly eventType: string
  readonly incidentId: string
  readonly subscriptionId: string
  readonly url: string
  readonly attempts: { readonly atMs: number; readonly result: string; readonly tookMs: number }[]
  state: 'pending' | 'delivered' | 'retrying' | 'dropped'
}

export interface Subscription {
  readonly id: string
  readonly url: string
  /** All are used to sign; the receiver accepts any match, which is how secrets are rotated. */
  readonly secrets: readonly string[]
  active: boolean
  /** Set when three drops in a row disabled it. */
  disabledUntilMs?: number
  droppedInARow: number
}

/** Delays and sizes of PagerDuty's webhooks, in milliseconds. */
export interface WebhookTiming {
  readonly timeoutMs: number
  readonly retryDelaysMs: readonly number[]
  readonly disableForMs: number
}

/** 5 s to answer, retries with growing pauses, a day of silence after three drops in a row. */
export const webhookTiming: WebhookTiming = {
  timeoutMs: 5_000,
  retryDelaysMs: [1_000, 5_000, 15_000, 60_000, 300_000],
  disableForMs: 24 * 60 * 60_000,
}
