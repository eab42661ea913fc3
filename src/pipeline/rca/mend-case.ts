import { EDGE_SERVICE, type IncidentCase, type MetricSeries } from '../signals/telemetry.ts'
import { samplingPeriod } from './case-window.ts'
import { metricKind } from './series-deviation.ts'

export interface MendedCase {
  readonly incidentCase: IncidentCase
  /** What was wrong with the data and what was made of it, in words. */
  readonly doubts: readonly string[]
}

/** Nothing later than the detection can have been measured: what is, by more than this, was stamped by a clock that is ahead. */
const CLOCK_AHEAD_S = 2
/** A clock stamps all that its service writes: where less than this share is ahead, those times are wrong and not the clock. */
const LEAST_SHARE_AHEAD = 0.01
/** Sampling periods without a value after which a service is said to be silent. */
const SILENT_PERIODS = 3

/**
 * A case as it can be judged: values that cannot be (a counter that began anew gives a rate below zero) are no values, and what a
 * clock ahead of ours stamped is moved back to the detection. What is doubtful beyond that is only said: services whose
 * metrics ended before the incident was seen, and names that may be one service under two.
 */
export function mendCase(incidentCase: IncidentCase): MendedCase {
  const metrics = incidentCase.metrics.map(withoutImpossible)
  const resets = metrics.filter((series, at) => series !== incidentCase.metrics[at])
  const logs = withClocksSet(incidentCase.logs, incidentCase.detectedAt)
  const spans = withClocksSet(incidentCase.spans, incidentCase.detectedAt)
  const ahead = new Map([...logs.aheadS, ...spans.aheadS])
  const ofFuture =
    incidentCase.logs.length - logs.items.length + incidentCase.spans.length - spans.items.length
  return {
    incidentCase: { ...incidentCase, metrics, logs: logs.items, spans: spans.items },
    doubts: [
      resets.length === 0
        ? null
        : `${resets.length} metric series fell below zero, as a counter does that begins anew: those samples are left out`,
      ...[...ahead].map(
        ([service, s]) =>
          `the clock of ${service} is ${Math.round(s)} s ahead: what it logged or traced is moved back by that`,
      ),
      ofFuture === 0
        ? null
        : `log lines or spans that bear a time that has not come (${ofFuture}) are left out`,
      silentServices(metrics, incidentCase.detectedAt),
      renamedServices(incidentCase),
    ].filter((text) => text !== null),
  }
}

/** All kinds known are amounts: none can be below zero. */
function withoutImpossible(series: MetricSeries): MetricSeries {
  if (metricKind(series.name) === 'other' || !series.v.some((value) => value !== null && value < 0))
    return series
  return { ...series, v: series.v.map((value) => (value !== null && value < 0 ? null : value)) }
}

interface Stamped {
  readonly t: number
  readonly service: string
}

function withClocksSet<T extends Stamped>(
  items: readonly T[],
  detectedAt: number,
): { readonly items: readonly T[]; readonly aheadS: ReadonlyMap<string, number> } {
  const isAhead = ({ t }: T): boolean => t - detectedAt > CLOCK_AHEAD_S
  if (!items.some(isAhead)) return { items, aheadS: new Map() }
  const aheadS = new Map<string, number>()
  for (const [service, own] of Map.groupBy(items, (item) => item.service)) {
    const ahead = own.filter(isAhead)
    if (ahead.length > 0 && ahead.length >= LEAST_SHARE_AHEAD * own.length)
      aheadS.set(
        service,
        ahead.reduce((most, { t }) => Math.max(most, t - detectedAt), 0),
      )
  }
  const set = (item: T): T => ({ ...item, t: item.t - (aheadS.get(item.service) ?? 0) })
  return { aheadS, items: items.map(set).filter((item) => !isAhead(item)) }
}

/** Services of which no series has a value in the last periods before detection, though they had some before. */
function silentServices(metrics: readonly MetricSeries[], detectedAt: number): string | null {
  const periodS = samplingPeriod(metrics)
  if (periodS === null) return null
  const last = new Map<string, number>()
  for (const series of metrics) {
    const at = series.v.findLastIndex((value) => value !== null)
    const known = last.get(series.service) ?? -Infinity
    last.set(series.service, Math.max(known, at === -1 ? -Infinity : (series.t[at] ?? -Infinity)))
  }
  const silent = [...last]
    .filter(([service, at]) => service !== EDGE_SERVICE && Number.isFinite(at))
    .filter(([, at]) => detectedAt - at > SILENT_PERIODS * periodS)
    .map(([service, at]) => `${service} (${Math.round(detectedAt - at)} s)`)
    .sort()
  return silent.length === 0
    ? null
    : `no metrics towards the end of ${listed(silent)}: silent, or with a clock that is behind`
}

/** One that the graph knows and nothing tells of, beside one that tells and the graph does not know. */
function renamedServices({ topology, metrics, logs, spans, changes }: IncidentCase): string | null {
  if (topology === null || topology.nodes.length === 0) return null
  const heard = new Set<string>()
  for (const { service } of metrics) heard.add(service)
  for (const { service } of logs) heard.add(service)
  for (const { service } of spans) heard.add(service)
  for (const { service } of changes) heard.add(service)
  heard.delete(EDGE_SERVICE)
  if (heard.size === 0) return null
  const known = new Set(topology.nodes)
  for (const [caller, callee] of topology.edges) known.add(caller).add(callee)
  const unheard = [...known].filter((service) => !heard.has(service)).sort()
  const unknown = [...heard].filter((service) => !known.has(service)).sort()
  return unheard.length === 0 || unknown.length === 0
    ? null
    : `the service graph knows nothing of ${listed(unknown)}, and nothing is heard of ${listed(unheard)}, which it knows: if a service was renamed, its calls are not followed`
}

const MOST_NAMED = 3

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED)
  const more = names.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
