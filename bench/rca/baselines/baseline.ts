import {
  EDGE_SERVICE,
  type IncidentCase,
  type MetricSeries,
} from '../../../src/pipeline/signals/telemetry.ts'

export interface BaselineRanking {
  readonly services: readonly string[]
  readonly change: string | null
}

/** A published method, ported; null where it cannot be applied to the case, as what it needs is not there. */
export interface Baseline {
  readonly name: string
  rank(incidentCase: IncidentCase): BaselineRanking | null
}

/** One series, cut where the incident is said to begin. */
export interface CutSeries {
  readonly series: MetricSeries
  readonly before: readonly number[]
  readonly during: readonly number[]
}

/** Seconds before detection that the methods take for the incident, as the cases' README prescribes. */
const WINDOWS_S: Readonly<Record<string, number>> = { 'rcd-sock-shop': 300, petshop: 600 }
const WINDOW_S = 240

/** All series of services with a sample on both sides; what is measured of their hosts is left out. */
export function cutSeries({ dataset, detectedAt, metrics }: IncidentCase): readonly CutSeries[] {
  const start = detectedAt - (WINDOWS_S[dataset ?? ''] ?? WINDOW_S)
  return metrics
    .filter(({ name }) => !name.startsWith('node_'))
    .map((series) => ({ series, ...cutAt(series, start) }))
    .filter(({ before, during }) => before.length > 0 && during.length > 0)
}

function cutAt({ t, v }: MetricSeries, start: number): { before: number[]; during: number[] } {
  const before: number[] = []
  const during: number[] = []
  for (const [at, value] of v.entries())
    if (value !== null) ((t[at] ?? 0) <= start ? before : during).push(value)
  return { before, during }
}

/** The services by their largest score; those of equal score as they stand in the case. */
export function byLargest(scores: Iterable<readonly [string, number]>): BaselineRanking {
  const best = new Map<string, number>()
  for (const [service, score] of scores)
    if (service !== EDGE_SERVICE) best.set(service, Math.max(best.get(service) ?? -Infinity, score))
  return { services: [...best].sort((a, b) => b[1] - a[1]).map(([service]) => service), change: null }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
}

/** A series that never moved: one per cent of its level, and 1 where that is nothing. */
export function flatScale(centre: number): number {
  return Math.abs(centre) * 0.01 || 1
}
