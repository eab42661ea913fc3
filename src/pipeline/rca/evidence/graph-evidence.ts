import type { CallGraph } from '../call-graph.ts'
import type { SeriesDeviation } from '../series-deviation.ts'
import { compress, type Observation } from '../observation.ts'
import {
  inwardAnomaly,
  outwardAnomaly,
  outwardDeviation,
  type ServiceAnomaly,
  type SymptomKind,
} from './metric-evidence.ts'

/** What the place in the call graph says, given how abnormal everything is. */
export interface GraphContext {
  readonly graph: CallGraph
  readonly anomalies: ReadonlyMap<string, ServiceAnomaly>
  /** The service whose symptom was reported; null where it is not known. */
  readonly symptomService: string | null
  readonly symptomKind: SymptomKind
  /** For each service from which abnormal services lead up to the symptom: the weakest of them, on the best way. */
  readonly widthsToSymptom: ReadonlyMap<string, number>
}

/**
 * Victims and culprits. `explainedByCallee`: it is abnormal, and so is something it calls, by as much in milliseconds or
 * failures as it is itself; then it is probably a victim. `explainsCaller`: its callers are abnormal too.
 * `pathToSymptom`: the weakest anomaly on the best way up to the symptom, 0 where no way leads there. `matchesSymptom`:
 * how abnormal it is in what the symptom is of.
 */
export function graphObservations(service: string, context: GraphContext): readonly Observation[] {
  const { graph, anomalies, symptomKind } = context
  const [callee, below] = strongestOf(graph.callees(service), (name) => explainedBy(service, name, context))
  const [caller, above] = strongestOf(graph.callers(service), (name) =>
    outwardAnomaly(anomalies.get(name), symptomKind),
  )
  const own = Math.max(
    outwardAnomaly(anomalies.get(service), symptomKind),
    inwardAnomaly(anomalies.get(service)),
  )
  const found: Observation[] = [
    {
      feature: 'explainedByCallee',
      value: below,
      kind: 'graph',
      text: () =>
        below > 0
          ? `${callee ?? ''}, which it calls, is abnormal by as much, so ${service} may only suffer`
          : 'nothing that it calls explains it',
    },
    {
      feature: 'explainsCaller',
      value: Math.min(own, above),
      kind: 'graph',
      text: () =>
        above > 0 ? `${caller ?? ''}, which calls it, is abnormal as well` : 'no caller of it is abnormal',
    },
  ]
  return [...found, ...symptomObservations(service, context)]
}

/** How much of the service's deviation the callee's accounts for: like with like, in the metric's own unit. */
function explainedBy(service: string, callee: string, { anomalies, symptomKind }: GraphContext): number {
  const own = outwardDeviation(anomalies.get(service), symptomKind)
  const below = anomalies.get(callee)
  if (own === null || below === undefined) return 0
  const inner = outwardAnomaly(below, symptomKind)
  const name = own.deviation.series.name.replace(/^client_/, '')
  const same = below.byName.get(name)
  const size = shift(own.deviation, own.direction)
  const share = same === undefined ? 1 : Math.min(1, shift(same, own.direction) / Math.max(size, 1e-12))
  return Math.min(compress(own.scales), inner) * share
}

function shift(deviation: SeriesDeviation, direction: 'up' | 'down'): number {
  return Math.max(
    0,
    direction === 'up' ? deviation.high - deviation.before : deviation.before - deviation.low,
  )
}

function strongestOf(
  names: readonly string[],
  strength: (name: string) => number,
): readonly [string | null, number] {
  let best: readonly [string | null, number] = [null, 0]
  for (const name of names) {
    const value = strength(name)
    if (value > best[1]) best = [name, value]
  }
  return best
}

function symptomObservations(service: string, context: GraphContext): readonly Observation[] {
  const { anomalies, symptomService, symptomKind } = context
  if (symptomService === null) return []
  const own = outwardAnomaly(anomalies.get(service), symptomKind)
  const strength = context.widthsToSymptom.get(service) ?? 0
  const matches: Observation = {
    feature: 'matchesSymptom',
    value: symptomKind === null ? 0 : own,
    kind: 'metric',
    text: () =>
      `its own ${symptomKind === 'success' ? 'failures have' : 'latency has'} ${own > 1 ? 'risen' : 'not risen'}, which is what was reported`,
  }
  return [
    matches,
    {
      feature: 'pathToSymptom',
      value: strength,
      kind: 'graph',
      text: () => pathText(service, symptomService, strength > 0),
    },
  ]
}

/**
 * For every service below the symptom the largest, over all ways up to it, of the smallest anomaly on the way, both ends
 * included. One search for all services, down from the symptom; where nothing is abnormal it does not go on.
 */
export function widthsToSymptom(
  symptom: string | null,
  graph: CallGraph,
  strength: (service: string) => number,
): ReadonlyMap<string, number> {
  const best = new Map<string, number>()
  if (symptom === null) return best
  best.set(symptom, strength(symptom))
  const queue = [symptom]
  for (let at = 0; at < queue.length; at += 1) {
    const service = queue[at] ?? ''
    const width = best.get(service) ?? 0
    for (const callee of graph.callees(service)) {
      const through = Math.min(width, strength(callee))
      if (through <= (best.get(callee) ?? 0)) continue
      best.set(callee, through)
      queue.push(callee)
    }
  }
  return best
}

function pathText(service: string, symptom: string, isAbnormal: boolean): string {
  if (service === symptom)
    return isAbnormal
      ? `${service}, which was reported, is abnormal`
      : `${service}, which was reported, is as usual`
  return isAbnormal
    ? `abnormal services lead from ${service} up to ${symptom}`
    : `no abnormal way leads from ${service} up to ${symptom}`
}
