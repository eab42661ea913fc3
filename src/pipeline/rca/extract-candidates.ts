import type { Change, IncidentCase, MetricSeries } from '../signals/telemetry.ts'
import { callGraph, type CallGraph } from './call-graph.ts'
import { caseWindow, type CaseWindow } from './case-window.ts'
import { alertObservations } from './evidence/alert-evidence.ts'
import { changeObservations, type ChangeContext } from './evidence/change-evidence.ts'
import { commitObservations } from './evidence/commit-evidence.ts'
import { exhaustions } from './evidence/exhaustion-evidence.ts'
import { graphObservations, widthsToSymptom } from './evidence/graph-evidence.ts'
import { historyObservations } from './evidence/history-evidence.ts'
import { impactObservations } from './evidence/impact-evidence.ts'
import { callerLogObservations, logObservations } from './evidence/log-evidence.ts'
import {
  metricObservations,
  outwardAnomaly,
  inwardAnomaly,
  serviceAnomalies,
  type ServiceAnomaly,
  type SymptomKind,
} from './evidence/metric-evidence.ts'
import { estimateOnset, metricSteps, spanSteps } from './onset.ts'
import { spanObservations } from './evidence/span-evidence.ts'
import type { Observation, ServiceObservations } from './observation.ts'
import { mineLogs } from './mined-log.ts'
import { metricKind, seriesDeviations, type SeriesDeviation } from './series-deviation.ts'
import { releaseChanges, type ReleaseChange } from './release-changes.ts'
import type { RcaSettings } from './settings.ts'
import { withoutRollouts } from './without-rollouts.ts'
import { visitsOf } from './visits.ts'

/** One possible cause: a service, with one of its changes or with none. */
export interface Candidate {
  readonly service: string
  readonly change: Change | null
  /** The commits that the change brought, newest first. */
  readonly commits: readonly Change[]
  readonly observations: readonly Observation[]
}

export interface CandidateSet {
  readonly candidates: readonly Candidate[]
  readonly graph: CallGraph
  readonly window: CaseWindow
  /** Epoch seconds: when the incident seems to have begun. */
  readonly onset: number
  readonly deviations: readonly SeriesDeviation[]
  readonly anomalies: ReadonlyMap<string, ServiceAnomaly>
  /** What the symptom is of; null where its metric is unknown. */
  readonly symptomKind: SymptomKind
  /** The same by the words of the alert where its metric is unknown: only for whether the symptom is there at all. */
  readonly reportedKind: SymptomKind
  /** What the logs say, by service. */
  readonly logs: ServiceObservations
}

/** Reads a case once and lists every candidate with all that was observed of it. */
export function extractCandidates(incidentCase: IncidentCase, settings: RcaSettings): CandidateSet {
  const window = caseWindow(incidentCase, settings.incidentWindowMs)
  const metrics = withoutRollouts(incidentCase.metrics, incidentCase.changes, window.periodS ?? 0)
  const deviations = seriesDeviations(metrics, window.start, settings.deviation)
  const visits = visitsOf(incidentCase.spans)
  const graph = callGraph(incidentCase, visits.edges)
  const lines = mineLogs(incidentCase.logs)
  const onset = estimateOnset(
    [...metricSteps(deviations, window), ...spanSteps(visits.visits, visits.wires)],
    window,
  )
  const anomalies = anomaliesOf(incidentCase, deviations, onset, settings)
  const spans = spanObservations(visits, onset)
  const logs = logObservations(lines, onset, window)
  const symptomKind = symptomKindOf(incidentCase.symptom.metric)
  const reportedKind = symptomKind ?? kindOfSubject(incidentCase.symptom.about)
  const dominant = dominance(graph.services, anomalies)
  const impacts = impactObservations(anomalies, symptomKind)
  const alerts = alertObservations(incidentCase.alerts ?? [], incidentCase.detectedAt)
  const history = historyObservations(incidentCase.history ?? [], {
    symptomService: incidentCase.symptom.service,
    logs: incidentCase.logs,
    detectedAt: incidentCase.detectedAt,
    onset,
  })
  const place = {
    graph,
    anomalies,
    symptomService: incidentCase.symptom.service,
    symptomKind,
    widthsToSymptom: widthsToSymptom(incidentCase.symptom.service, graph, (service) =>
      outwardAnomaly(anomalies.get(service), symptomKind),
    ),
  }
  const ofService = (service: string): readonly Observation[] => [
    ...(anomalies.has(service) ? metricObservations(anomalies.get(service) as ServiceAnomaly) : []),
    ...(dominant.get(service) ?? []),
    ...(impacts.get(service) ?? []),
    ...graphObservations(service, place),
    ...(spans.get(service) ?? []),
    ...(logs.get(service) ?? []),
    ...callerLogObservations(service, graph, logs),
    ...(alerts.get(service) ?? []),
    ...(history.get(service) ?? []),
  ]
  const since = incidentCase.detectedAt - settings.gather.changeHistoryMs / 1000
  const releases = releaseChanges(incidentCase.changes, since)
  const own = Map.groupBy(releases, ({ change }) => change.service)
  const changes = changeContext(incidentCase, { window, deviations, graph, anomalies }, settings)
  const commits = commitObservations(releases, { ...incidentCase, onset })
  const candidates = graph.services.flatMap((service) =>
    candidatesOf(service, ofService(service), own.get(service) ?? [], {
      changes,
      commits,
      anyChange: releases.length > 0,
    }),
  )
  return { candidates, graph, window, onset, deviations, anomalies, symptomKind, reportedKind, logs }
}

/** What is measured of each service, and what its log says has run out. */
function anomaliesOf(
  { logs }: IncidentCase,
  deviations: readonly SeriesDeviation[],
  onset: number,
  { deviation: { cap } }: RcaSettings,
): ReadonlyMap<string, ServiceAnomaly> {
  const anomalies = new Map(serviceAnomalies(deviations))
  for (const [service, { text }] of exhaustions(logs, onset)) {
    const measured = anomalies.get(service) ?? { service, strongest: {}, byName: new Map() }
    anomalies.set(service, { ...measured, exhausted: { scales: cap, text } })
  }
  return anomalies
}

function symptomKindOf(metric: string | null): SymptomKind {
  const kind = metric === null ? null : metricKind(metric)
  return kind === 'latency' || kind === 'success' ? kind : null
}

function kindOfSubject(about: IncidentCase['symptom']['about']): SymptomKind {
  if (about === undefined) return null
  return about === 'failures' ? 'success' : 'latency'
}

function dominance(
  services: readonly string[],
  anomalies: ReadonlyMap<string, ServiceAnomaly>,
): ReadonlyMap<string, readonly Observation[]> {
  const strength = (service: string): number =>
    inwardAnomaly(anomalies.get(service)) + outwardAnomaly(anomalies.get(service), null)
  const ordered = services.map((service) => ({ service, of: strength(service) })).sort((a, b) => b.of - a.of)
  const [first, second] = ordered
  if (first === undefined) return new Map()
  const lead = first.of - (second?.of ?? 0)
  const observation: Observation = {
    feature: 'dominant',
    value: lead,
    kind: 'metric',
    text: () => `no other service has left its usual state as far`,
  }
  return new Map([[first.service, [observation]]])
}

interface KnownChanges {
  readonly changes: ChangeContext
  /** What the commits of each release say. */
  readonly commits: ReadonlyMap<Change, readonly Observation[]>
  /** Whether any service was changed. */
  readonly anyChange: boolean
}

function candidatesOf(
  service: string,
  observations: readonly Observation[],
  own: readonly ReleaseChange[],
  known: KnownChanges,
): readonly Candidate[] {
  const absent: Observation = {
    feature: 'changeAbsent',
    value: known.anyChange ? 1 : 0,
    kind: 'change',
    text: () =>
      own.length === 0 ? 'nothing was changed in it, while other services were' : 'without its change',
  }
  return [
    ...own.map(({ change, commits }) => ({
      service,
      change,
      commits,
      observations: [
        ...observations,
        ...changeObservations(change, known.changes),
        ...(known.commits.get(change) ?? []),
      ],
    })),
    { service, change: null, commits: [], observations: [...observations, absent] },
  ]
}

function changeContext(
  incidentCase: IncidentCase,
  known: Pick<CandidateSet, 'window' | 'deviations' | 'graph' | 'anomalies'>,
  settings: RcaSettings,
): ChangeContext {
  const byInstance = new Map<string, MetricSeries[]>()
  for (const series of incidentCase.metrics) {
    if (series.instance === null) continue
    const known = byInstance.get(series.instance)
    if (known === undefined) byInstance.set(series.instance, [series])
    else known.push(series)
  }
  return {
    detectedAt: incidentCase.detectedAt,
    windowStart: known.window.start,
    graph: known.graph,
    anomalies: known.anomalies,
    halfLifeS: settings.changeHalfLifeMs / 1000,
    deviationsOf: Map.groupBy(known.deviations, ({ series }) => series.service),
    byInstance,
    settings: settings.deviation,
  }
}
