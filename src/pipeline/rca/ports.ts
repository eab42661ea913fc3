import type { Incident } from '../contracts.ts'
import type { Change, IncidentCase, LogLine, MetricSeries, Span, Topology } from '../signals/telemetry.ts'
import type { KnownCall, SeenCall } from '../signals/service-graph.ts'
import type { RcaSettings } from './settings.ts'

export interface Window {
  readonly services: readonly string[]
  readonly fromMs: number
  readonly toMs: number
}

/** Throws CcpError `unavailable` when the source cannot be read: the diagnosis goes on and says so. */
export interface MetricSource {
  seriesBetween(window: Window): Promise<readonly MetricSeries[]>
}

export interface LogSource {
  /** Oldest first, at most `limit` lines: the newest are kept. */
  linesBetween(window: Window & { readonly limit: number }): Promise<readonly LogLine[]>
}

export interface SpanSource {
  /**
   * At most `limit` spans, oldest first, of whole traces. Where there are more, a sample spread over the window: the time before
   * an incident is as good as its own. `lack` is told, in words, of what the sample lacks.
   */
  spansBetween(
    window: Window & { readonly limit: number },
    lack?: (text: string) => void,
  ): Promise<readonly Span[]>
}

/**
 * Deploys, config changes and commits. A source of deploys adds the newest of each service before the window where it knows
 * it: without that nobody can tell commits that are in production from those that wait for the next deploy.
 */
export interface ChangeSource {
  /** `lack` is told, in words, of what the answer lacks or how old it is. */
  changesBetween(window: Window, lack?: (text: string) => void): Promise<readonly Change[]>
}

/** All that a diagnosis saw, so that it can be made again from it. */
export interface SeenCase {
  readonly incident: Incident
  readonly incidentCase: IncidentCase
  /** Sources that did not answer. */
  readonly missing: readonly string[]
  /** Whether the system has traces at all. */
  readonly tracing: boolean
  /** How far back each source was asked. */
  readonly gather: RcaSettings['gather']
}

export interface CaseRecorder {
  /** Returns at once and never throws: the diagnosis neither waits for the recording nor fails with it. */
  record(seen: SeenCase): void
}

/** What a reviewer is told: the candidates with their evidence, without secrets. */
export interface ReviewQuestion {
  readonly symptom: string
  /** In the order of the ranking. */
  readonly candidates: readonly {
    readonly service: string
    readonly change: string | null
    readonly path: readonly string[]
    readonly evidenceFor: readonly string[]
    readonly evidenceAgainst: readonly string[]
  }[]
  readonly deadlineMs: number
}

export type ReviewAnswer =
  | { readonly kind: 'answered'; readonly order: readonly string[]; readonly summary: string }
  | { readonly kind: 'none'; readonly reason: string }

/** A language model. The stage judges its answer; whatever goes wrong is an answer too: `none` with the reason. */
export interface DiagnosisReviewer {
  readonly model: string
  review(question: ReviewQuestion): Promise<ReviewAnswer>
}

/** The whole graph. `outdated` says in words why this is only the last known one; undefined where it is current. */
export interface KnownTopology extends Topology {
  readonly outdated?: string
}

/** Throws CcpError `unavailable` when the graph cannot be read and none is known. */
export interface TopologySource {
  topology(): Promise<KnownTopology>
}

/** What can tell who calls whom. */
export interface CallSource {
  /** The calls seen up to now, at the time of each. Throws CcpError `unavailable` when it cannot be asked. */
  callsSeen(): Promise<readonly SeenCall[]>
}

/** How far a question into the graph goes. */
export interface Bounds {
  /** Calls in a row. */
  readonly hops?: number
  /** Answers at most. */
  readonly most?: number
}

/**
 * Who calls whom, with who says so and when it was last seen; kept in this process or in a graph database. Questions about a
 * service that it does not know throw CcpError `not-found`; a database that is down throws `unavailable`.
 */
export interface ServiceGraph extends TopologySource {
  /** The newest time of each source wins, whatever the order of arrival. What is not seen for long is forgotten. */
  observe(calls: readonly SeenCall[]): Promise<void>
  calls(): Promise<readonly KnownCall[]>
  /** Services that reach `service` over calls: the nearest first, equals by name. */
  dependentsOf(service: string, bounds?: Bounds): Promise<readonly string[]>
  /** Services that `service` reaches over calls: the nearest first, equals by name. */
  dependenciesOf(service: string, bounds?: Bounds): Promise<readonly string[]>
  /** The shortest ways from the one to the other, both ends included, by name; none where there is no way. */
  waysBetween(caller: string, callee: string, bounds?: Bounds): Promise<readonly (readonly string[])[]>
  close(): Promise<void>
}
