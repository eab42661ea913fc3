import type { Incident, Signal } from '../contracts.ts'
import { signalKey } from '../signal-key.ts'
import { belongsTo, isWorkedOn, type Belonging } from './correlate.ts'
import { incidentOf, MOST_SIGNALS, type DetectContext, type Detected } from './detected.ts'
import type { MetricAlert, RatioAlert } from './ports.ts'

/** An error ratio above the objective opens an incident only where it belongs to none that is open. */
export function detectRatio(alert: RatioAlert, context: DetectContext): Detected | null {
  const { service, sinceMs, atMs } = alert
  const signal: Signal = {
    source: { kind: 'error-rate-watch' },
    service,
    summary: `${service}: ${percent(alert.errorRatio)} of ${alert.requests} requests failed (objective ${percent(alert.objective)})`,
    atMs,
  }
  return detectWatched({ id: `watch-${service}-${sinceMs}`, signal, urgency: 'high', sinceMs }, context)
}

/** The same for a value that one of the configured watches saw out of bounds. */
export function detectMetric(alert: MetricAlert, context: DetectContext): Detected | null {
  const { watch, series, service, summary, urgency, sinceMs, atMs } = alert
  const signal: Signal = { source: { kind: 'metric-watch', watch, series }, service, summary, atMs }
  return detectWatched(
    { id: `watch-${watch}-${service ?? 'any'}-${sinceMs}`, signal, urgency, sinceMs },
    context,
  )
}

interface Seen {
  readonly id: string
  readonly signal: Signal
  readonly urgency: Incident['urgency']
  readonly sinceMs: number
}

function detectWatched({ id, signal, urgency, sinceMs }: Seen, context: DetectContext): Detected | null {
  const { service, atMs } = signal
  const key = signalKey(signal)
  const { windowMs } = context.settings.correlation
  const known = context.open.find(
    (record) =>
      isWorkedOn(record, atMs, windowMs) && record.incident.signals.some((seen) => signalKey(seen) === key),
  )
  if (known !== undefined) return null
  const joined =
    service === null
      ? ofSameWatch(signal, context)
      : belongsTo({ service, beganMs: sinceMs, atMs }, context.open, context)
  if (joined === null) {
    const incident = incidentOf(id, signal.summary, urgency, signal)
    return { eventId: id, incidentId: id, event: { kind: 'opened', incident }, atMs }
  }
  const { incidentId, signals } = joined.record.incident
  if (signals.length >= MOST_SIGNALS) return null
  const event = { kind: 'signalJoined', signal: { ...signal, because: joined.because } } as const
  return { eventId: `watch:${incidentId}:${key}`, incidentId, event, atMs }
}

/** What names no service belongs at most to what the same watch saw of others that name none. */
function ofSameWatch({ source, atMs }: Signal, { open, settings }: DetectContext): Belonging | null {
  const record = open.find(
    ({ incident: { service, source: other } }) =>
      service === null &&
      other.kind === 'metric-watch' &&
      source.kind === 'metric-watch' &&
      other.watch === source.watch,
  )
  const isThere = record !== undefined && isWorkedOn(record, atMs, settings.correlation.windowMs)
  return isThere ? { record, because: 'the same watch' } : null
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`
}
