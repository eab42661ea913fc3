import { whenRolledBack } from './fix-fate.ts'
import type { IncidentRecord } from './machine.ts'
import type { JudgedDiagnosis, PastCause } from './signals/telemetry.ts'

/** Before an onset that was estimated, and after an end: what is measured there may belong to either side. */
const MARGIN_MS = 5_000

/** What earlier incidents leave to a diagnosis. */
export function pastIncidents(records: readonly IncidentRecord[]) {
  return {
    stretches: pastStretches(records),
    causes: pastCauses(records),
    judged: judgedDiagnoses(records),
  }
}

/** From onset to end of each incident that is over. */
function pastStretches(
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
  return records.flatMap((record) => {
    const { incident, location } = record
    if (!isCured(record) || location === null) return []
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

/** A confidence that was said to be 1 was not: the odds of what is judged stay finite. */
const SUREST = 0.999

/**
 * The diagnoses of which it is known by now whether they were right: a fix cured the service that they named first, or another; or
 * it was measured that a fix there changed nothing. What was never tried, or ended undecided, says nothing of them.
 */
export function judgedDiagnoses(records: readonly IncidentRecord[]): readonly JudgedDiagnosis[] {
  return records.flatMap((record) => {
    const { diagnosis, location } = record
    const [first] = diagnosis?.hypotheses ?? []
    if (first === undefined || diagnosis === null || diagnosis.abstained !== null || location === null)
      return []
    const right = isCured(record) ? location.service === first.service : wasInVain(record) ? false : null
    if (right === null) return []
    const said = Math.min(SUREST, Math.max(1 - SUREST, first.confidence))
    return [{ logOdds: Math.log(said / (1 - said)) - (diagnosis.confidenceShift ?? 0), right }]
  })
}

function isCured({ state, verdict }: IncidentRecord): boolean {
  const isOver = state === 'RESOLVED' || state === 'CLOSED'
  return isOver && verdict?.decision === 'pass' && verdict.cured === true
}

function wasInVain({ state, rollout, verdict }: IncidentRecord): boolean {
  const isOver = state === 'HANDED_OVER' || state === 'RESOLVED' || state === 'CLOSED'
  return isOver && rollout?.phase === 'ROLLBACK' && whenRolledBack(rollout, verdict) === 'useless'
}
