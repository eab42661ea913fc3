import type { CounterReading, Rollout } from '../contracts.ts'

const QUANTILES = [0.5, 0.95, 0.99] as const

/** The state at rest of a rollout that has not taken any traffic. The control's reading fixes the latency edges. */
export function startRollout(start: {
  readonly incidentId: string
  readonly service: string
  readonly commit: string
  readonly controlVersion: string
  readonly canaryVersion: string
  readonly controlReading: CounterReading | null
  readonly nowMs: number
  readonly deadlineMs: number
}): Rollout {
  const { controlReading, nowMs, ...rest } = start
  return {
    ...rest,
    phase: 'IDLE',
    weightPercent: 0,
    latencyEdgesMs: controlReading === null ? [] : latencyEdges(controlReading),
    blocks: [],
    lastReadings: [],
    startedAtMs: nowMs,
    phaseSinceMs: nowMs,
    unreadable: 0,
    health: null,
    rollbackReason: null,
  }
}

/** The bucket edges at or above the control's p50, p95 and p99, in ms; empty where no histogram is measured. */
export function latencyEdges(reading: CounterReading): readonly number[] {
  const buckets = reading.buckets
    .filter((bucket) => Number.isFinite(bucket.leMs))
    .toSorted((a, b) => a.leMs - b.leMs)
  const last = buckets.at(-1)
  if (last === undefined || reading.requests === 0) return []
  return QUANTILES.map(
    (quantile) => (buckets.find((bucket) => bucket.count >= quantile * reading.requests) ?? last).leMs,
  )
}
