import type { Incident } from '../contracts.ts'
import type { Change, IncidentCase, LogLine, MetricSeries, Span, Topology } from '../signals/telemetry.ts'
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
  spansBetween(window: Window & { readonly limit: number }): Promise<readonly Span[]>
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

/** Served by the in-process graph and by a graph database. */
export interface TopologySource {
  topology(): Promise<Topology>
}
