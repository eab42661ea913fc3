import { quantile } from '../../../src/pipeline/rca/quantile.ts'
import { byLargest, cutSeries, type Baseline } from './baseline.ts'

/** BARO (Pham et al., FSE 2024): NSigma with median and inter-quartile range; a range of 0 counts as 1, as in its scaler. */
export const robustScorer: Baseline = {
  name: 'RobustScorer (BARO)',
  rank: (incidentCase) =>
    byLargest(
      cutSeries(incidentCase).map(({ series, before, during }) => {
        const sorted = Float64Array.from(before).sort()
        const scale = quantile(sorted, 0.75) - quantile(sorted, 0.25) || 1
        return [series.service, (Math.max(...during) - quantile(sorted, 0.5)) / scale]
      }),
    ),
}
