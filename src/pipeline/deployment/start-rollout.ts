import type { CounterReading, CureSignal, Fault, Rollout } from '../contracts.ts'

const QUANTILES = [0.5, 0.95, 0.99] as const

/**
 * The state at rest of a rollout that has not taken any traffic. The control's reading fixes the latency edges, the incident's
 * fault what is to be cured.
 */
export function startRollout(start: {
  readonly incidentId: string
  readonly service: string
  readonly commit: string
  readonly configCommit?: string
  readonly controlVersion: string
  readonly canaryVersion: string
  readonly controlReading: CounterReading | null
  /** Of the incident; undefined where it is not known, and for a plain deploy. */
  readonly fault: Fault | undefined
  /** The service's own objective. */
  readonly latencyP95Ms: number | null
  /** Share of that objective within which an answer is quick, 0..1. */
  readonly quickShare: number
  readonly nowMs: number
  readonly deadlineMs: number
}): Rollout {
  const { controlReading, fault, latencyP95Ms, quickShare, nowMs, ...rest } = start
  return {
    ...rest,
    phase: 'IDLE',
    weightPercent: 0,
    latencyEdgesMs:
      controlReading === null ? [] : edgesFor(controlReading, { fault, latencyP95Ms, quickShare }),
    cures: curesOf(fault),
    ...growthOf(fault),
    blocks: [],
    lastReadings: [],
    startedAtMs: nowMs,
    phaseSinceMs: nowMs,
    unreadable: 0,
    health: null,
    rollbackReason: null,
  }
}

/**
 * The bucket edges at or above the control's p50, p95 and p99, in ms, none of them under `quickMs`: a process that has just started
 * answers some milliseconds later than one that is warm, which nobody notices where hundreds are allowed. Empty where no histogram
 * is measured.
 */
export function latencyEdges(reading: CounterReading, quickMs: number): readonly number[] {
  const buckets = reading.buckets
    .filter((bucket) => Number.isFinite(bucket.leMs))
    .toSorted((a, b) => a.leMs - b.leMs)
  const last = buckets.at(-1)
  if (last === undefined || reading.requests === 0) return []
  return QUANTILES.map(
    (quantile) =>
      (buckets.find(({ leMs, count }) => leMs >= quickMs && count >= quantile * reading.requests) ?? last)
        .leMs,
  )
}

/**
 * The incident's own signal. Slow answers make no errors, so that errors cannot show their cure; and the errors of an exhausted
 * resource are gone in every process that has just started, so that they alone do not show it.
 */
function curesOf(fault: Fault | undefined): readonly CureSignal[] {
  if (fault?.kind === 'slow-answers') return ['slow_ratio']
  return fault?.kind === 'exhaustion' ? ['error_ratio', 'growth'] : ['error_ratio']
}

function growthOf(fault: Fault | undefined): Pick<Rollout, 'growthBefore'> {
  if (fault?.kind !== 'exhaustion' || fault.perRequest === null) return {}
  return { growthBefore: { resource: fault.resource, perRequest: fault.perRequest } }
}

/** The control's quantiles and, for an incident of slow answers, as the fourth the edge from which an answer counts as slow. */
function edgesFor(
  reading: CounterReading,
  from: {
    readonly fault: Fault | undefined
    readonly latencyP95Ms: number | null
    readonly quickShare: number
  },
): readonly number[] {
  const quantiles = latencyEdges(reading, (from.latencyP95Ms ?? 0) * from.quickShare)
  const slow = quantiles.length === 0 ? null : slowEdge(reading, from)
  return slow === null ? quantiles : [...quantiles, slow]
}

/**
 * The bucket edge at or under the latency objective, so that what counts as quick is quick; without an objective the one at or
 * above what was usual. Null where no edge lies there, and where slow answers are not the incident.
 */
function slowEdge(
  reading: CounterReading,
  { fault, latencyP95Ms }: { readonly fault: Fault | undefined; readonly latencyP95Ms: number | null },
): number | null {
  if (fault?.kind !== 'slow-answers') return null
  const edges = reading.buckets.map(({ leMs }) => leMs).filter((leMs) => Number.isFinite(leMs))
  if (latencyP95Ms !== null)
    return edges.filter((leMs) => leMs <= latencyP95Ms).toSorted((a, b) => b - a)[0] ?? null
  return edges.filter((leMs) => leMs >= fault.usualMs).toSorted((a, b) => a - b)[0] ?? null
}
