import { EDGE_SERVICE } from '../../signals/telemetry.ts'
import type { FeatureName } from '../features.ts'
import { compress, type Observation } from '../observation.ts'
import type { SeriesDeviation } from '../series-deviation.ts'
import { describeDeviation } from '../describe-deviation.ts'

/** How abnormal one service looks from outside and inside, and the series that say so. */
export interface ServiceAnomaly {
  readonly service: string
  /** Compressed deviations by what they are of. */
  readonly strongest: Readonly<Partial<Record<AnomalySide, SidedDeviation>>>
  /** The service's own series by name (the worst instance of each), for comparing like with like. */
  readonly byName: ReadonlyMap<string, SeriesDeviation>
  /** Where it has run out of a resource: as far from its usual state as anything can be, whatever was measured. */
  readonly exhausted?: Exhausted
}

export interface Exhausted {
  readonly scales: number
  readonly text: string
}

/** What the symptom is of, where its metric says so. */
export type SymptomKind = 'latency' | 'success' | null

export interface SidedDeviation {
  readonly deviation: SeriesDeviation
  readonly direction: 'up' | 'down'
  readonly scales: number
}

export type AnomalySide = Extract<
  FeatureName,
  'resource' | 'latency' | 'error' | 'traffic' | 'callerSeesLatency' | 'callerSeesError'
>

/**
 * The strongest deviation of every service on each side. A series on a call counts for its callee: as its own measure
 * where the callee took it, as what its caller sees where the caller took it.
 */
export function serviceAnomalies(
  deviations: readonly SeriesDeviation[],
): ReadonlyMap<string, ServiceAnomaly> {
  const strongest = new Map<string, Partial<Record<AnomalySide, SidedDeviation>>>()
  const named = new Map<string, Map<string, SeriesDeviation>>()
  for (const deviation of deviations) {
    const found = sideOf(deviation)
    if (found === null || found.service === EDGE_SERVICE) continue
    const known = strongest.get(found.service) ?? {}
    const best = known[found.side]
    if (best === undefined || found.sided.scales > best.scales) known[found.side] = found.sided
    strongest.set(found.service, known)
    keepWorst(named, found.service, deviation)
  }
  return new Map(
    [...strongest].map(([service, sides]) => [
      service,
      { service, strongest: sides, byName: named.get(service) ?? new Map<string, SeriesDeviation>() },
    ]),
  )
}

function keepWorst(
  named: Map<string, Map<string, SeriesDeviation>>,
  service: string,
  deviation: SeriesDeviation,
): void {
  const known = named.get(service) ?? new Map<string, SeriesDeviation>()
  named.set(service, known)
  const name = deviation.series.name.replace(/^client_/, '')
  const worst = known.get(name)
  if (worst === undefined || Math.max(deviation.up, deviation.down) > Math.max(worst.up, worst.down))
    known.set(name, deviation)
}

interface FoundSide {
  readonly service: string
  readonly side: AnomalySide
  readonly sided: SidedDeviation
}

function sideOf(deviation: SeriesDeviation): FoundSide | null {
  const { series, kind, up, down } = deviation
  const [caller, callee] = series.edge ?? [null, null]
  const byCaller = series.name.startsWith('client_') || (caller !== null && series.service === caller)
  const service = callee ?? series.service
  const toward = (side: AnomalySide, direction: 'up' | 'down', scales: number): FoundSide => ({
    service,
    side,
    sided: { deviation, direction, scales },
  })
  // A client-side series that names no callee says that somebody below this service is slow, not who.
  if (byCaller && callee === null) return null
  switch (kind) {
    case 'latency':
      return toward(byCaller ? 'callerSeesLatency' : 'latency', 'up', up)
    case 'success':
      return toward(byCaller ? 'callerSeesError' : 'error', 'down', down)
    case 'rate':
      return byCaller ? null : toward('traffic', down >= up ? 'down' : 'up', Math.max(up, down))
    case 'work':
      return toward('traffic', down >= up ? 'down' : 'up', Math.max(up, down))
    case 'cpu':
    case 'memory':
    case 'disk':
    case 'other':
      return up >= down ? toward('resource', 'up', up) : toward('traffic', 'down', down)
    case 'host':
      return null
  }
}

export function metricObservations({ strongest, exhausted }: ServiceAnomaly): readonly Observation[] {
  const measured = Object.entries(strongest).map(([side, sided]) => ({
    feature: side as AnomalySide,
    value: compress(sided.scales),
    kind: 'metric' as const,
    text: () => describeDeviation(sided),
  }))
  if (exhausted === undefined) return measured
  const { scales, text } = exhausted
  const said: Observation = { feature: 'resource', value: compress(scales), kind: 'log', text: () => text }
  return [...measured.filter(({ feature }) => feature !== 'resource'), said]
}

/** The worst that callers notice of the service, of the symptom's kind where that is known, whoever measured it. */
export function outwardDeviation(
  anomaly: ServiceAnomaly | undefined,
  kind: SymptomKind,
): SidedDeviation | null {
  const { latency, callerSeesLatency, error, callerSeesError } = anomaly?.strongest ?? {}
  const sides = [
    ...(kind === 'success' ? [] : [latency, callerSeesLatency]),
    ...(kind === 'latency' ? [] : [error, callerSeesError]),
  ]
  let worst: SidedDeviation | null = null
  for (const side of sides) if (side !== undefined && side.scales > (worst?.scales ?? 0)) worst = side
  return worst
}

export function outwardAnomaly(anomaly: ServiceAnomaly | undefined, kind: SymptomKind): number {
  return compress(outwardDeviation(anomaly, kind)?.scales ?? 0)
}

export function inwardAnomaly(anomaly: ServiceAnomaly | undefined): number {
  return compress(anomaly?.exhausted?.scales ?? anomaly?.strongest.resource?.scales ?? 0)
}
