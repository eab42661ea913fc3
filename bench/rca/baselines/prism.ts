import { metricKind } from '../../../src/pipeline/rca/series-deviation.ts'
import { byLargest, cutSeries, flatScale, mean, standardDeviation, type Baseline } from './baseline.ts'

/**
 * PRISM: the largest shift of the mean among what a service uses (processor, memory, disk, network) plus the largest among
 * what it shows (latency, failures, rate), less the logarithm of their sum.
 */
export const prism: Baseline = {
  name: 'PRISM',
  rank(incidentCase) {
    const inside = new Map<string, number>()
    const outside = new Map<string, number>()
    for (const { series, before, during } of cutSeries(incidentCase)) {
      const centre = mean(before)
      const scale = Math.max(standardDeviation(before), 0.01 * Math.abs(centre)) || flatScale(centre)
      const shift = Math.abs(mean(during) - centre) / scale
      const side = isShown(series.name) ? outside : inside
      side.set(series.service, Math.max(side.get(series.service) ?? 0, shift))
    }
    const services = new Set([...inside.keys(), ...outside.keys()])
    return byLargest(
      [...services].map((service) => {
        const sum = (inside.get(service) ?? 0) + (outside.get(service) ?? 0)
        return [service, sum - Math.log1p(sum)]
      }),
    )
  },
}

function isShown(name: string): boolean {
  const kind = metricKind(name)
  return kind === 'latency' || kind === 'success' || kind === 'rate'
}
