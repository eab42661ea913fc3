import type { DetectContext, Detected } from '../../../src/pipeline/detection/detected.ts'
import type { DetectionSettings } from '../../../src/pipeline/detection/settings.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import { next } from '../../../src/pipeline/next.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

export const MINUTE = 60_000

const service = (name: string, dependsOn: string[], pagerdutyServiceIds: string[] = []) =>
  ({
    name,
    dependsOn,
    pagerdutyServiceIds,
    objective: { errorRatio: 0.01, latencyP95Ms: null },
  }) as unknown as ServiceDefinition

/** gateway -> checkout -> payment and inventory; newsletter stands alone. */
export const services = [
  service('gateway', ['checkout'], ['PGATE']),
  service('checkout', ['payment', 'inventory']),
  service('payment', []),
  service('inventory', []),
  service('newsletter', []),
]

export const settings: Pick<DetectionSettings, 'correlation' | 'alertmanager'> = {
  correlation: { windowMs: 10 * MINUTE, hops: 4 },
  alertmanager: { serviceLabels: ['service', 'job'], lowUrgency: ['warning'], ignore: ['none', 'info'] },
}

/** What detection sees where the journal holds these incidents, newest first. */
export function context(...records: readonly IncidentRecord[]): DetectContext {
  return {
    open: records.filter(({ state }) => state !== 'RESOLVED' && state !== 'CLOSED'),
    record: (id) => records.find(({ incident }) => incident.incidentId === id) ?? null,
    lately: () => records,
    services,
    calls: services,
    settings,
  }
}

/** The record that the detected event opens. */
export function opened(detected: Detected | null): IncidentRecord {
  return after(null, detected)
}

/** The record after the detected event. */
export function after(record: IncidentRecord | null, detected: Detected | null): IncidentRecord {
  if (detected === null) throw new Error('nothing was detected')
  const { event, atMs } = detected
  const actor = { kind: 'machine', part: 'test' } as const
  const made = next(record, { event, actor, atMs }, { observeEveryMs: 1, lockRetryMs: 1 })
  if (made === null) throw new Error(`${event.kind} changed nothing`)
  return made.record
}
