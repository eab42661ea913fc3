/**
 * What is known of a system at a moment, in one form whatever it was read from. `IncidentCase` is also the file
 * format of `ccp rca CASE.json`: its times are epoch *seconds* (the field names carry no unit there).
 */

export interface MetricSeries {
  readonly service: string
  readonly instance: string | null
  readonly name: string
  readonly unit: string
  /** Epoch seconds, ascending; one for each value. */
  readonly t: readonly number[]
  readonly v: readonly (number | null)[]
  /** Caller and callee, where the series is measured on a call. */
  readonly edge?: readonly [string, string]
}

export interface LogLine {
  readonly t: number
  readonly service: string
  readonly line: string
}

export interface Span {
  readonly t: number
  readonly trace: string
  readonly span: string
  readonly parent: string | null
  readonly service: string
  readonly operation: string
  readonly durationMs: number
  readonly error: boolean | null
}

export type ChangeKind = 'deploy' | 'config' | 'commit'

export interface Change {
  readonly id: string
  readonly service: string
  readonly kind: ChangeKind
  /** Epoch seconds of its beginning. */
  readonly at: number
  readonly summary: string
  readonly completedAt: number | null
  readonly newInstances: readonly string[]
  readonly oldInstances: readonly string[]
  readonly targetReplicas: number | null
  /** The commit that it put into production, and the one before it: of the code, or of the configuration (`config`). */
  readonly commit?: string
  readonly previousCommit?: string
  /** A commit: the files it touched; a merge, those it changed beyond what its commits had. */
  readonly files?: readonly string[]
  /** A commit: the functions and classes it touched, by their bare names. */
  readonly symbols?: readonly string[]
  /** A commit that came to the branch with a merge: that merge. */
  readonly mergedBy?: string
  /** A commit: those it takes back. */
  readonly reverts?: readonly string[]
}

export interface Topology {
  readonly nodes: readonly string[]
  /** Caller first. */
  readonly edges: readonly (readonly [string, string])[]
}

/** A fault that goes on in another incident, with the service that was named as its cause. */
export interface KnownCause {
  readonly incidentId: string
  readonly title: string
  readonly service: string
  /** Epoch seconds. */
  readonly since: number
}

/** An alert that fires on a service, and since when (epoch seconds). */
export interface FiringAlert {
  readonly service: string
  readonly at: number
  readonly summary: string
}

/** An earlier incident whose fix was measured to cure it: how it showed, and what it was. */
export interface PastCause {
  readonly incidentId: string
  /** Epoch seconds at which it was seen. */
  readonly at: number
  readonly symptomService: string | null
  /** The service that was at fault. */
  readonly service: string
  /** The exception that led to the fault, and the file that threw it; null where none did. */
  readonly exception: { readonly type: string; readonly file: string } | null
}

export interface IncidentCase {
  readonly id: string
  readonly dataset?: string
  readonly system?: string
  /** Epoch seconds; nothing later is in the case. */
  readonly detectedAt: number
  /** When the alert came, where the case was put together well after that: what began the incident lies before. */
  readonly reportedAt?: number
  readonly symptom: {
    readonly service: string | null
    readonly metric: string | null
    /** What the alert is about by its words, where its metric is not known; judges whether the symptom is there, not its cause. */
    readonly about?: 'failures' | 'slowness'
  }
  /** What is known already of other incidents that are open. */
  readonly known?: readonly KnownCause[]
  readonly topology: Topology | null
  readonly metrics: readonly MetricSeries[]
  readonly logs: readonly LogLine[]
  readonly spans: readonly Span[]
  readonly changes: readonly Change[]
  /** All alerts of the incident; absent where they are not known. */
  readonly alerts?: readonly FiringAlert[]
  /** What earlier incidents were; absent where nothing is remembered. */
  readonly history?: readonly PastCause[]
  /** How earlier diagnoses turned out; absent where none has. */
  readonly judged?: readonly JudgedDiagnosis[]
}

/** A diagnosis whose cause has turned out to be the right one or not. */
export interface JudgedDiagnosis {
  /** ln(odds) of its confidence, without what the outcomes before it had added. */
  readonly logOdds: number
  readonly right: boolean
}

/** The service name under which the entrance is measured as its users see it; never a cause. */
export const EDGE_SERVICE = 'edge'
