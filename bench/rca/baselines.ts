import { EDGE_SERVICE, type IncidentCase } from '../../src/pipeline/signals/telemetry.ts'
import { splitSamples } from '../../src/pipeline/rca/series-deviation.ts'

export interface BaselineRanking {
  readonly services: readonly string[]
  readonly change: string | null
}

/** NSigma: the largest |x - mean| / standard deviation of the past (floor 1 % of |mean|) over a service's series. */
export function nSigma(incidentCase: IncidentCase): BaselineRanking {
  const windowS =
    incidentCase.dataset === 'rcd-sock-shop' ? 300 : incidentCase.dataset === 'petshop' ? 600 : 240
  const best = new Map<string, number>()
  for (const series of incidentCase.metrics) {
    const { before, during } = splitSamples(series, incidentCase.detectedAt - windowS)
    if (before.length < 2 || during.length === 0) continue
    const mean = before.reduce((sum, value) => sum + value, 0) / before.length
    const spread = Math.sqrt(before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / before.length)
    const scale = Math.max(spread, 0.01 * Math.abs(mean), 1e-9)
    const score = Math.max(...during.map((value) => Math.abs(value - mean) / scale))
    const service = series.edge?.[1] ?? series.service
    if (service !== EDGE_SERVICE) best.set(service, Math.max(best.get(service) ?? 0, score))
  }
  return { services: [...best].sort((a, b) => b[1] - a[1]).map(([service]) => service), change: null }
}

/** The newest change first; nothing where nothing was changed. */
export function latestRelease({ changes }: IncidentCase): BaselineRanking {
  const newest = changes.toSorted((a, b) => b.at - a.at)
  return { services: [...new Set(newest.map(({ service }) => service))], change: newest[0]?.id ?? null }
}
