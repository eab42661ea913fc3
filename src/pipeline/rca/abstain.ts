import type { IncidentCase } from '../signals/telemetry.ts'
import type { RankedCause } from './case-ranking.ts'
import type { CandidateSet } from './extract-candidates.ts'
import { outwardDeviation, type ServiceAnomaly, type SymptomKind } from './evidence/metric-evidence.ts'
import type { RcaSettings } from './settings.ts'

/** Why no cause is to be named. */
export interface Abstention {
  /** Nothing to judge by; no service shows what was reported; or several do, alike. */
  readonly kind: 'nothing-known' | 'symptom-normal' | 'undecided'
  readonly reason: string
}

/** Null where the first of the ranking stands. */
export function abstention(
  incidentCase: IncidentCase,
  set: CandidateSet,
  ranked: readonly RankedCause[],
  settings: RcaSettings,
): Abstention | null {
  const [first] = ranked
  if (first === undefined)
    return {
      kind: 'nothing-known',
      reason: 'nothing is known of any service: there are no metrics, logs, traces or changes',
    }
  const normal = normalSymptom(incidentCase, set, settings)
  if (normal !== null) return { kind: 'symptom-normal', reason: normal }
  const even = undecided(ranked, first, settings)
  return even === null ? null : { kind: 'undecided', reason: even }
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
  const scales = symptomScales(anomaly, symptom.metric, set.reportedKind)
  const beside = set.symptomKind === null ? besideScales(anomaly, set.reportedKind) : 0
  if (Math.max(scales, beside) >= symptomAbnormalFrom) return null
  return `${symptom.service} itself, which the alert names, ${AS_BEFORE[set.reportedKind ?? 'any']}`
}

const AS_BEFORE: Readonly<Record<NonNullable<SymptomKind> | 'any', string>> = {
  success: 'counts no more failures than before',
  latency: 'answers as fast as before by its own measure',
  any: 'fails no more and is no slower than before by its own measure',
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

/** So slow that whoever waits for the answer may count it as a failure. */
const GIVEN_UP_AFTER_S = 1

/** What an alert may be about though its words say otherwise: failures cost time, and what takes too long has failed. */
function besideScales(anomaly: ServiceAnomaly, reported: SymptomKind): number {
  if (reported === null) return 0
  const other = outwardDeviation(anomaly, reported === 'success' ? 'latency' : 'success')
  if (other === null || reported === 'latency') return other?.scales ?? 0
  const { high, series } = other.deviation
  return high >= GIVEN_UP_AFTER_S * (series.unit === 'ms' ? 1000 : 1) ? other.scales : 0
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
