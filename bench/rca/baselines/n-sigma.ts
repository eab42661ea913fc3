import { byLargest, cutSeries, flatScale, mean, standardDeviation, type Baseline } from './baseline.ts'

/** The largest (x - mean) / standard deviation of the time before, over all series of a service; signed, as published. */
export const nSigma: Baseline = {
  name: 'NSigma',
  rank: (incidentCase) =>
    byLargest(
      cutSeries(incidentCase).map(({ series, before, during }) => {
        const centre = mean(before)
        const scale = standardDeviation(before) || flatScale(centre)
        return [series.service, (Math.max(...during) - centre) / scale]
      }),
    ),
}
