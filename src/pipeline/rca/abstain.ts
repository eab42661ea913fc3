import type { IncidentCase } from '../signals/telemetry.ts'
import type { RankedCause } from './case-ranking.ts'
import type { CandidateSet } from './extract-candidates.ts'
import { outwardDeviation, type ServiceAnomaly, type SymptomKind } from './evidence/metric-evidence.ts'
import type { RcaSettings } from './settings.ts'

/** Why no cause is to be named, in words; null where the first of the ranking stands. */
export function abstention(
  incidentCase: IncidentCase,
  set: CandidateSet,
  ranked: readonly RankedCause[],
  settings: RcaSettings,
): string | null {
  const [first] = ranked
  if (first === undefined)
    return 'nothing is known of any service: there are no metrics, logs, traces or changes'
  return normalSymptom(incidentCase, set, settings) ?? undecided(ranked, first, settings)
}

/** The symptom's own target is as usual: there is nothing to explain, or it is over. */
function normalSymptom(
  { symptom }: IncidentCase,
  set: CandidateSet,
  { symptomAbnormalFrom }: RcaSettings,
): string | null {
  if (symptom.service === null) return null
  const anomaly = set.anomalies.get(symptom.service)
  if (anomaly === undefined || !isMeasured(anomaly)) return null
  const scales = symptomScales(anomaly, symptom.metric, set.symptomKind)
  if (scales >= symptomAbnormalFrom) return null
  return `${symptom.service} itself, which the alert names, is as it was before (${scales.toFixed(1)} times its usual variation)`
}

/** Whether anything that callers would notice of it is known; without that nothing can be said to be normal. */
function isMeasured({ strongest }: ServiceAnomaly): boolean {
  return [strongest.latency, strongest.error, strongest.callerSeesLatency, strongest.callerSeesError].some(
    (side) => side !== undefined,
  )
}

/** The reported metric itself where it is measured, else the worst that callers notice. */
function symptomScales(anomaly: ServiceAnomaly, metric: string | null, kind: SymptomKind): number {
  const reported = metric === null ? undefined : anomaly.byName.get(metric)
  if (reported === undefined) return outwardDeviation(anomaly, kind)?.scales ?? 0
  return reported.kind === 'success' ? reported.down : reported.up
}

function undecided(
  ranked: readonly RankedCause[],
  first: RankedCause,
  { abstainBelow }: RcaSettings,
): string | null {
  if (ranked.length > 1 && first.evidenceFor.length === 0)
    return 'nothing separates the candidates: no evidence speaks for one service more than for the others'
  if (first.confidence >= abstainBelow) return null
  return `nothing separates the candidates: ${first.service} comes first with only ${Math.round(first.confidence * 100)} %`
}
