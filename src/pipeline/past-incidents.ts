import type { IncidentRecord } from './machine.ts'

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
