import type { Incident } from '../contracts.ts'
import { toCcpError } from '../errors.ts'
import type {
  FiringAlert,
  IncidentCase,
  KnownCause,
  LogLine,
  MetricSeries,
  JudgedDiagnosis,
  PastCause,
} from '../signals/telemetry.ts'
import type { ServiceDefinition } from '../services.ts'
import type {
  ChangeSource,
  KnownTopology,
  LogSource,
  MetricSource,
  SpanSource,
  TopologySource,
  Window,
} from './ports.ts'
import type { RcaSettings } from './settings.ts'
import { alertSubject } from './alert-subject.ts'
import { withinDeadline } from './within-deadline.ts'

export interface GatherDeps {
  readonly metrics: MetricSource
  readonly logs: readonly LogSource[]
  /** Null where the system has no tracing. */
  readonly spans: SpanSource | null
  readonly changes: readonly ChangeSource[]
  readonly topology: TopologySource
  readonly services: readonly ServiceDefinition[]
  readonly settings: RcaSettings
  pastIncidents?(): PastIncidents
  /** Of the open incidents, this one among them. */
  knownCauses?(): readonly KnownCause[]
  /** Epoch milliseconds. */
  nowMs(): number
}

export interface PastIncidents {
  /** What was measured during them is no example of the normal state. */
  readonly stretches: readonly Stretch[]
  /** What they were, where that was proved. */
  readonly causes: readonly PastCause[]
  /** Their diagnoses of which it is known by now whether they were right. */
  readonly judged: readonly JudgedDiagnosis[]
}

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
}

export interface GatheredCase {
  readonly incidentCase: IncidentCase
  /** Sources that did not answer in time or at all, with what the diagnosis lacks for it. */
  readonly missing: readonly string[]
}

const NO_PAST: PastIncidents = { stretches: [], causes: [], judged: [] }

/** An alert that came this short a time ago came now. */
const FRESH_MS = 5_000

/** How a diagnosis says that it judged by an old graph. */
export const LAST_KNOWN_GRAPH = 'service graph as last known: '

/**
 * Asks all sources at once for what they know up to now and puts it together as one case. A source that fails, or is
 * slower than its deadline, is left out and named; the others are not kept waiting.
 */
export async function gatherCase(incident: Incident, deps: GatherDeps): Promise<GatheredCase> {
  const { gather } = deps.settings
  const toMs = deps.nowMs()
  const window = (historyMs: number): Window => ({
    services: deps.services.map(({ name }) => name),
    fromMs: toMs - historyMs,
    toMs,
  })
  const missing: string[] = []
  const read = <T>(what: string, lacks: string, query: () => Promise<T>, otherwise: T): Promise<T> =>
    withinDeadline(query, gather.deadlineMs).catch((thrown: unknown) => {
      missing.push(`${what}: ${toCcpError(thrown).message}; ${lacks}`)
      return otherwise
    })
  const { spans } = deps
  const [metrics, logs, foundSpans, changes, topology] = await Promise.all([
    read(
      'metrics',
      'anomalies are not judged',
      () => deps.metrics.seriesBetween(window(gather.metricHistoryMs)),
      [],
    ),
    Promise.all(
      deps.logs.map((source) =>
        read(
          'logs',
          deps.logs.length === 1
            ? 'errors and stack traces are not judged'
            : 'what only they hold is not judged',
          () => source.linesBetween({ ...window(gather.logHistoryMs), limit: gather.logLineLimit }),
          [],
        ),
      ),
    ).then((found) => newestLines(found, gather.logLineLimit)),
    spans === null
      ? []
      : read(
          'traces',
          'time within requests is not judged',
          () =>
            spans.spansBetween({ ...window(gather.spanHistoryMs), limit: gather.spanLimit }, (text) =>
              missing.push(text),
            ),
          [],
        ),
    Promise.all(
      deps.changes.map((source) =>
        read(
          'changes',
          'some deploys or commits may be unknown',
          () => source.changesBetween(window(gather.changeHistoryMs), (text) => missing.push(text)),
          [],
        ),
      ),
    ),
    read<KnownTopology>(
      'service graph',
      'only services.yaml says who calls whom',
      () => deps.topology.topology(),
      {
        nodes: [],
        edges: [],
      },
    ),
  ])
  if (topology.outdated !== undefined) missing.push(`${LAST_KNOWN_GRAPH}${topology.outdated}`)
  const known = deps.knownCauses?.().filter(({ incidentId }) => incidentId !== incident.incidentId) ?? []
  const declared = deps.services.flatMap(({ name, dependsOn }) =>
    dependsOn.map((callee) => [name, callee] as const),
  )
  const alerts = alertsOf(incident)
  const { stretches, causes, judged } = deps.pastIncidents?.() ?? NO_PAST
  return {
    incidentCase: {
      id: incident.incidentId,
      detectedAt: toMs / 1000,
      ...(toMs - incident.detectedAtMs > FRESH_MS ? { reportedAt: incident.detectedAtMs / 1000 } : {}),
      symptom: symptomOf(incident),
      ...(known.length === 0 ? {} : { known }),
      topology: {
        nodes: [...new Set([...deps.services.map(({ name }) => name), ...topology.nodes])],
        edges: [...declared, ...topology.edges],
      },
      metrics: withoutStretches(metrics, stretches),
      logs,
      spans: foundSpans,
      changes: withoutRepeats(changes.flat()),
      ...(alerts.length === 0 ? {} : { alerts }),
      ...(causes.length === 0 ? {} : { history: causes }),
      ...(judged.length === 0 ? {} : { judged }),
    },
    // A copy: a source that comes too late still tells what it lacks.
    missing: missing.toSorted(),
  }
}

function symptomOf({ service, title }: Incident): IncidentCase['symptom'] {
  const about = alertSubject(title)
  return { service, metric: null, ...(about === null ? {} : { about }) }
}

/** What fires still, each since when it says that it does. */
function alertsOf({ signals }: Incident): readonly FiringAlert[] {
  return signals.flatMap(({ service, source, atMs, summary, endedMs }) =>
    service === null || endedMs !== undefined
      ? []
      : [
          {
            service,
            at: (source.kind === 'alertmanager' ? source.startsAtMs : atMs) / 1000,
            summary,
          },
        ],
  )
}

/** The series with no value where an earlier incident was going on. */
function withoutStretches(
  series: readonly MetricSeries[],
  stretches: readonly Stretch[],
): readonly MetricSeries[] {
  if (stretches.length === 0) return series
  const isInside = (t: number): boolean =>
    stretches.some(({ fromMs, toMs }) => t * 1000 >= fromMs && t * 1000 <= toMs)
  return series.map((one) => ({
    ...one,
    v: one.v.map((value, at) => (isInside(one.t[at] ?? 0) ? null : value)),
  }))
}

/** The lines of all sources, oldest first. */
function newestLines(found: readonly (readonly LogLine[])[], limit: number): readonly LogLine[] {
  const [only, ...more] = found
  if (only === undefined || more.length === 0) return only ?? []
  return found
    .flat()
    .toSorted((a, b) => a.t - b.t)
    .slice(-limit)
}

/** Two sources may tell of the same change. */
function withoutRepeats<T extends { readonly id: string; readonly service: string }>(
  changes: readonly T[],
): readonly T[] {
  return [...new Map(changes.map((change) => [`${change.service}\n${change.id}`, change])).values()]
}
