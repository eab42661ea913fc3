/** The first of the nouns of contracts.ts, from where it is to be imported. */

export type IncidentSource =
  | { readonly kind: 'pagerduty'; readonly pagerdutyId: string; readonly htmlUrl: string | null }
  | {
      readonly kind: 'alertmanager'
      /** Alertmanager's hash of the alert's labels; the same alert has it whenever it fires. */
      readonly fingerprint: string
      readonly startsAtMs: number
      /** The notification group that brought it. */
      readonly groupKey: string
      readonly url: string | null
    }
  | { readonly kind: 'error-rate-watch' }
  /** A watch of detection.yaml, and the labels of the series that it saw. */
  | { readonly kind: 'metric-watch'; readonly watch: string; readonly series: string }

/** Something that reported trouble: the page itself, or an alert folded into an open incident. */
export interface Signal {
  readonly source: IncidentSource
  readonly service: string | null
  readonly summary: string
  readonly atMs: number
  /** Why it was folded into the incident; absent where it opened it. */
  readonly because?: string
  /** When whoever reported it said that it is over; absent while it is not. */
  readonly endedMs?: number
}

export interface Incident {
  readonly incidentId: string
  readonly title: string
  /** The service that shows the symptom, named as in services.yaml; null where the page names none of ours. */
  readonly service: string | null
  readonly urgency: 'high' | 'low'
  readonly source: IncidentSource
  readonly detectedAtMs: number
  /** In order of arrival; the first opened the incident. */
  readonly signals: readonly Signal[]
}
