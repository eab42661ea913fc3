import type { Change, LogLine, MetricSeries, Span, Topology } from '../signals/telemetry.ts'

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
  changesBetween(window: Window): Promise<readonly Change[]>
}

/** Served by the in-process graph and by a graph database. */
export interface TopologySource {
  topology(): Promise<Topology>
}
