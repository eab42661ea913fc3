import type { IncidentCase, KnownCause, MetricSeries } from '../signals/telemetry.ts'
import type { CaseRanking } from './case-ranking.ts'
import { caseWindow } from './case-window.ts'
import { rankCase } from './rank-case.ts'
import type { RcaSettings } from './settings.ts'

/** What came on top of a fault whose cause is known: the case since that one began, and its ranking. */
export interface News {
  readonly known: KnownCause
  readonly incidentCase: IncidentCase
  readonly ranking: CaseRanking
}

/** Sampling periods after its onset in which the known fault may still spread. */
const SPREADING = 2
/** Sampling periods that a comparison needs at least. */
const LEAST_PERIODS = 8
/** Below it the alert is more probably one more of the known fault. */
const LEAST_CONFIDENCE = 0.5

/**
 * The second of two faults at once. To the newest fault whose cause is known the time since its onset is the normal state; what
 * differs from that, and was changed since, is news. Null where there is none, or too few samples to tell: then the alert is
 * ranked as any other, and mostly turns out to be one more of the same cause.
 */
export function newsOf(incidentCase: IncidentCase, settings: RcaSettings): News | null {
  const { known: all = [], detectedAt } = incidentCase
  const [known] = all.filter(({ since }) => since < detectedAt).toSorted((a, b) => b.since - a.since)
  const { periodS } = caseWindow(incidentCase, settings.incidentWindowMs)
  if (known === undefined || periodS === null) return null
  const from = known.since + SPREADING * periodS
  if (detectedAt - from < LEAST_PERIODS * periodS) return null
  const later = caseSince(incidentCase, from)
  const ranking = rankCase(later, settings)
  const [first] = ranking.ranked
  const isNew = (first?.change?.at ?? -Infinity) >= known.since
  if (ranking.abstained !== null || first === undefined || !isNew) return null
  return first.confidence < LEAST_CONFIDENCE ? null : { known, incidentCase: later, ranking }
}

function caseSince(incidentCase: IncidentCase, from: number): IncidentCase {
  return {
    ...incidentCase,
    metrics: incidentCase.metrics.map((series) => seriesSince(series, from)),
    logs: incidentCase.logs.filter(({ t }) => t >= from),
    spans: incidentCase.spans.filter(({ t }) => t >= from),
  }
}

function seriesSince(series: MetricSeries, from: number): MetricSeries {
  const first = series.t.findIndex((t) => t >= from)
  const at = first === -1 ? series.t.length : first
  return { ...series, t: series.t.slice(at), v: series.v.slice(at) }
}
