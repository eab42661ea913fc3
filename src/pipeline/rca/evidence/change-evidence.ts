import type { Change, MetricSeries } from '../../signals/telemetry.ts'
import { compress, type Observation } from '../observation.ts'
import type { CallGraph } from '../call-graph.ts'
import { outwardAnomaly, type ServiceAnomaly } from './metric-evidence.ts'
import { quantile } from '../quantile.ts'
import { floorOf, metricKind, splitSamples, type SeriesDeviation } from '../series-deviation.ts'
import { formatValue } from '../describe-deviation.ts'
import type { DeviationSettings } from '../settings.ts'

export interface ChangeContext {
  readonly detectedAt: number
  readonly windowStart: number
  readonly halfLifeS: number
  readonly graph: CallGraph
  readonly anomalies: ReadonlyMap<string, ServiceAnomaly>
  /** By the service that the series belongs to. */
  readonly deviationsOf: ReadonlyMap<string, readonly SeriesDeviation[]>
  /** Series of each instance, by name. */
  readonly byInstance: ReadonlyMap<string, readonly MetricSeries[]>
  readonly settings: DeviationSettings
}

/** What speaks for one change as the cause: how recent it is, and whether its new instances fare worse than the old. */
export function changeObservations(change: Change, context: ChangeContext): readonly Observation[] {
  const ageS = Math.max(0, context.detectedAt - change.at)
  const worst = instanceDifference(change, context)
  const recent: Observation = {
    feature: 'changeRecent',
    value: 2 ** (-ageS / context.halfLifeS),
    kind: 'change',
    text: () =>
      `its ${changeWords(change.kind)} began ${describeAge(ageS)} before the incident was seen: ${change.summary}`,
  }
  const found = [recent, onPath(change, context), unchangedFailToo(change, context)]
  if (worst === null) return found
  return [
    ...found,
    {
      feature: 'changeInstances',
      value: compress(worst.scales),
      kind: 'change',
      text: () => worst.text,
    },
  ]
}

/** A change can only have caused what happens at its service or above it. */
function onPath(change: Change, { graph, anomalies }: ChangeContext): Observation {
  let strength = outwardAnomaly(anomalies.get(change.service), null)
  let sufferer = change.service
  for (const caller of graph.callers(change.service)) {
    const above = outwardAnomaly(anomalies.get(caller), 'success')
    if (above > strength) [strength, sufferer] = [above, caller]
  }
  return {
    feature: 'changeOnPath',
    value: strength,
    kind: 'change',
    text: () =>
      strength > 1
        ? `it touched ${change.service}, and ${sufferer} misbehaves`
        : `neither ${change.service} nor what calls it misbehaves`,
  }
}

/** Where instances that the change did not touch fail as well, the change is not why. */
function unchangedFailToo(change: Change, context: ChangeContext): Observation {
  let worst = 0
  let instance = ''
  for (const { series, kind, down } of context.deviationsOf.get(change.service) ?? []) {
    if (kind !== 'success' || series.instance === null || series.name.startsWith('client_')) continue
    if (change.newInstances.includes(series.instance)) continue
    if (down > worst) [worst, instance] = [down, series.instance]
  }
  return {
    feature: 'unchangedFailToo',
    value: compress(worst),
    kind: 'change',
    text: () =>
      worst > 1
        ? `${instance}, which the change did not touch, fails as well`
        : 'only what it changed can fail',
  }
}

export function changeWords(kind: Change['kind']): string {
  return kind === 'config' ? 'change of configuration' : kind
}

export function describeAge(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}

interface Difference {
  readonly scales: number
  readonly text: string
}

/** The largest deviation of a new instance from its old peers, in their scales; null where no series tells them apart. */
function instanceDifference(change: Change, context: ChangeContext): Difference | null {
  const fresh = new Set(change.newInstances)
  let worst: Difference | null = null
  for (const instance of fresh) {
    for (const series of context.byInstance.get(instance) ?? []) {
      const found = againstPeers(series, fresh, context)
      if (found !== null && (worst === null || found.scales > worst.scales)) worst = found
    }
  }
  return worst
}

function againstPeers(
  series: MetricSeries,
  fresh: ReadonlySet<string>,
  context: ChangeContext,
): Difference | null {
  const kind = metricKind(series.name)
  // What an instance sees of those it calls may be their fault as well as its own.
  if ((kind !== 'latency' && kind !== 'success') || series.name.startsWith('client_')) return null
  const values = splitSamples(series, context.windowStart).during
  const usual = peerSamples(series, fresh, context)
  if (values.length === 0 || usual.length === 0) return null
  const sorted = Float64Array.from(usual).sort()
  const middle = quantile(sorted, 0.5)
  const spread = Math.abs(quantile(sorted, kind === 'success' ? 0.05 : 0.95) - middle) / 1.645
  const floor = floorOf(middle, kind, series.unit, context.settings)
  const level = values.reduce((sum, value) => sum + value, 0) / values.length
  const signed = kind === 'success' ? middle - level : level - middle
  const scales = Math.min(context.settings.noticedCap, Math.max(0, signed / Math.max(spread, floor)))
  const name = `${series.name.replaceAll('_', ' ')} of ${formatValue(level, series.unit)}`
  return {
    scales,
    text:
      scales < 1
        ? `its new instance ${series.instance ?? ''} fares like the old ones`
        : `its new instance ${series.instance ?? ''} has a ${name} where the old ones have ${formatValue(middle, series.unit)}`,
  }
}

/** All samples, before and during, of the same metric on instances that the change did not bring. */
function peerSamples(
  series: MetricSeries,
  fresh: ReadonlySet<string>,
  { deviationsOf }: ChangeContext,
): readonly number[] {
  return (deviationsOf.get(series.service) ?? [])
    .filter(
      ({ series: other }) =>
        other.name === series.name &&
        other.instance !== null &&
        !fresh.has(other.instance) &&
        sameEdge(other, series),
    )
    .flatMap(({ series: other }) => splitSamples(other, 0).during)
}

function sameEdge(a: MetricSeries, b: MetricSeries): boolean {
  return a.edge?.[0] === b.edge?.[0] && a.edge?.[1] === b.edge?.[1]
}
