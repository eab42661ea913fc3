import type { IncidentCase, MetricSeries } from '../../src/pipeline/signals/telemetry.ts'

const DETECTED_AT = 1_700_000_000
const PERIOD_S = 30
const SAMPLES = 60
/** Samples of the fault. */
const FAULT_SAMPLES = 8
/** Each service is called by about this many others. */
const CALLERS = 3
const DEPTH = 6

export interface SyntheticCase {
  readonly incidentCase: IncidentCase
  readonly culprit: string
}

/**
 * A layered system of that many services, each called by up to three of the layer above, with four series a service. One
 * service at the bottom becomes slow and fails; so does, less and less, all that stands above it up to one entrance.
 */
export function syntheticCase(services: number): SyntheticCase {
  const random = generator(services)
  const layers = layersOf(services)
  const edges = layers.slice(1).flatMap((layer, at) => callsInto(layer, layers[at] ?? [], random))
  const culprit = layers.at(-1)?.at(-1) ?? ''
  const way = wayUp(culprit, edges)
  const changed = layers.flat().filter(() => random() < 0.01)
  return {
    culprit,
    incidentCase: {
      id: `synthetic-${services}`,
      detectedAt: DETECTED_AT,
      symptom: { service: way.at(-1) ?? culprit, metric: null },
      topology: { nodes: layers.flat(), edges },
      metrics: layers.flat().flatMap((service) => seriesOf(service, way.indexOf(service), random)),
      logs: [],
      spans: [],
      changes: [...new Set([...changed, culprit])].map((service) => ({
        id: `release of ${service}`,
        service,
        kind: 'deploy',
        at: DETECTED_AT - (service === culprit ? FAULT_SAMPLES * PERIOD_S + 30 : 3600 * random() + 600),
        summary: 'a release',
        completedAt: null,
        newInstances: [],
        oldInstances: [],
        targetReplicas: null,
      })),
    },
  }
}

function layersOf(services: number): readonly (readonly string[])[] {
  const size = Math.ceil(services / DEPTH)
  return Array.from({ length: DEPTH }, (_, layer) =>
    Array.from(
      { length: Math.max(0, Math.min(size, services - layer * size)) },
      (__, at) => `service-${layer}-${at}`,
    ),
  ).filter((layer) => layer.length > 0)
}

function callsInto(
  layer: readonly string[],
  above: readonly string[],
  random: () => number,
): readonly (readonly [string, string])[] {
  return layer.flatMap((callee) =>
    Array.from(
      { length: CALLERS },
      () => [above[Math.floor(random() * above.length)] ?? '', callee] as const,
    ),
  )
}

/** From the culprit along one caller each, to the entrance. */
function wayUp(from: string, edges: readonly (readonly [string, string])[]): readonly string[] {
  const callerOf = new Map(edges.map(([caller, callee]) => [callee, caller]))
  const way = [from]
  for (let at = callerOf.get(from); at !== undefined; at = callerOf.get(at)) way.push(at)
  return way
}

/** `distance` from the culprit, or -1 beside the way: the fault is felt a fifth less at each step. */
function seriesOf(service: string, distance: number, random: () => number): readonly MetricSeries[] {
  const felt = distance < 0 ? 0 : 0.8 ** distance
  return [
    oneSeries(service, 'latency_p95', 's', { before: 0.05, during: 0.05 + 0.4 * felt }, random),
    oneSeries(service, 'success_ratio', 'ratio', { before: 0.999, during: 0.999 - 0.3 * felt }, random),
    oneSeries(service, 'request_rate', '1/s', { before: 20, during: 20 }, random),
    oneSeries(service, 'cpu_usage', 'percent', { before: 30, during: distance === 0 ? 80 : 30 }, random),
  ]
}

function oneSeries(
  service: string,
  name: string,
  unit: string,
  { before, during }: { readonly before: number; readonly during: number },
  random: () => number,
): MetricSeries {
  const jitter = unit === 'ratio' ? 0.0005 : 0.05
  return {
    service,
    instance: null,
    name,
    unit,
    t: Array.from({ length: SAMPLES }, (_, at) => DETECTED_AT - (SAMPLES - 1 - at) * PERIOD_S),
    v: Array.from({ length: SAMPLES }, (_, at) => {
      const level = at >= SAMPLES - FAULT_SAMPLES ? during : before
      return level * (1 + jitter * (2 * random() - 1))
    }),
  }
}

/** mulberry32: the same case for the same number of services. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
