import type { IncidentRecord } from './machine.ts'
import type { PastCause } from './signals/telemetry.ts'

/** Before an onset that was estimated, and after an end: what is measured there may belong to either side. */
const MARGIN_MS = 5_000

/** From onset to end of each incident that is over. */
export function pastIncidents(
  records: readonly IncidentRecord[],
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  return records
    .filter(({ state }) => state === 'RESOLVED' || state === 'CLOSED')
    .map(({ incident, diagnosis, stateSinceMs }) => ({
      fromMs: (diagnosis?.onsetMs ?? incident.detectedAtMs) - MARGIN_MS,
      toMs: stateSinceMs + MARGIN_MS,
    }))
}

/** What the incidents were whose fix passed and was measured to cure them: nothing less is known to have been the cause. */
export function pastCauses(records: readonly IncidentRecord[]): readonly PastCause[] {
  return records.flatMap(({ state, incident, location, verdict }) => {
    const isOver = state === 'RESOLVED' || state === 'CLOSED'
    if (!isOver || location === null || verdict?.decision !== 'pass' || verdict.cured !== true) return []
    const { service, exception, file } = location
    return [
      {
        incidentId: incident.incidentId,
        at: incident.detectedAtMs / 1000,
        symptomService: incident.service,
        service,
        exception: exception === null ? null : { type: exception.type, file },
      },
    ]
  })
}
