import type { Incident, Signal } from '../contracts.ts'
import type { IncidentRecord, MachineEvent } from '../machine.ts'
import type { ServiceDefinition } from '../services.ts'
import type { Calls } from './call-path.ts'
import type { DetectionSettings } from './settings.ts'

/** What the journal is to be told, if anything. */
export interface Detected {
  readonly eventId: string
  readonly incidentId: string
  readonly event: MachineEvent
  readonly atMs: number
}

export interface DetectContext {
  /** Open incidents, newest first. */
  readonly open: readonly IncidentRecord[]
  /** The incident of that id, open or not. */
  record(incidentId: string): IncidentRecord | null
  /** The newest incidents, open or not. */
  lately(): readonly IncidentRecord[]
  readonly services: readonly ServiceDefinition[]
  /** Who calls whom, as far as is known. */
  readonly calls: Calls
  readonly settings: Pick<DetectionSettings, 'correlation' | 'alertmanager'>
}

/** A repetition beyond this many alerts of one incident tells nobody anything new, and the record must stay small. */
export const MOST_SIGNALS = 100

export function incidentOf(
  incidentId: string,
  title: string,
  urgency: Incident['urgency'],
  signal: Signal,
): Incident {
  const { service, source, atMs } = signal
  return { incidentId, title, service, urgency, source, detectedAtMs: atMs, signals: [signal] }
}
