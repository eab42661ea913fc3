import type { Incident, IncidentSource, Signal } from './contracts.ts'

/** By what a signal is known again: the same page, the same alert whenever it fires, the same watch on the same service. */
export function signalKey({ source, service }: Pick<Signal, 'source' | 'service'>): string {
  return keyOfSource(source, service)
}

function keyOfSource(source: IncidentSource, service: string | null): string {
  switch (source.kind) {
    case 'pagerduty':
      return `page:${source.pagerdutyId}`
    case 'alertmanager':
      return `alert:${source.fingerprint}`
    case 'error-rate-watch':
      return `watch:${service ?? ''}`
    case 'metric-watch':
      return `watch:${source.watch}${source.series}`
  }
}

/** The incident with the signal: in its old place where it had ended and came back, else as the newest. */
export function withSignal(incident: Incident, signal: Signal): Incident {
  const key = signalKey(signal)
  const at = incident.signals.findIndex((one) => one.endedMs !== undefined && signalKey(one) === key)
  const signals = at === -1 ? [...incident.signals, signal] : incident.signals.with(at, signal)
  return { ...incident, signals }
}

/** The incident with that signal over; null where none of that key is under way. */
export function withEndedSignal(incident: Incident, key: string, atMs: number): Incident | null {
  const at = incident.signals.findIndex((one) => one.endedMs === undefined && signalKey(one) === key)
  const ended = incident.signals[at]
  if (ended === undefined) return null
  return { ...incident, signals: incident.signals.with(at, { ...ended, endedMs: atMs }) }
}
