import type { IncidentRecord } from './machine.ts'
import type { KnownCause } from './signals/telemetry.ts'

/** What the open incidents have named as their cause, and since when it was at work. */
export function knownCauses(open: readonly IncidentRecord[]): readonly KnownCause[] {
  return open.flatMap(({ incident, diagnosis }) => {
    const { incidentId, title, detectedAtMs } = incident
    const first = diagnosis?.hypotheses[0]
    if (diagnosis === null || diagnosis.abstained !== null || first === undefined) return []
    return [
      {
        incidentId,
        title,
        service: first.service,
        since: (diagnosis.onsetMs ?? detectedAtMs) / 1000,
      },
    ]
  })
}
