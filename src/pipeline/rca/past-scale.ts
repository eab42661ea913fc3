import { quantile } from './quantile.ts'

/** The ways to take a centre and scales from a series' past, by the names that `deviation.method` knows. */
export const PAST_METHODS = ['quantile-range', 'mad', 'iqr', 'sigma'] as const

export type PastMethod = (typeof PAST_METHODS)[number]

/** In the unit of the series; both scales are above 0. Only a method that tells the sides apart makes them differ. */
export interface PastScale {
  readonly centre: number
  readonly scaleUp: number
  readonly scaleDown: number
}

/**
 * The centre and the scales of the samples before the incident, by one method and never below the floor of that centre:
 * robust scores without a floor let a flat series win with any flicker. Null without samples. All methods give the
 * standard deviation where samples are normally distributed, so that caps, thresholds and weights mean the same by each.
 */
export function pastScale(
  before: readonly number[],
  method: PastMethod,
  floorAt: (centre: number) => number,
): PastScale | null {
  if (before.length === 0) return null
  const { centre, scaleUp, scaleDown } = METHODS[method](before)
  const floor = floorAt(centre)
  return { centre, scaleUp: Math.max(scaleUp, floor), scaleDown: Math.max(scaleDown, floor) }
}

const METHODS: Readonly<Record<PastMethod, (before: readonly number[]) => PastScale>> = {
  'quantile-range': quantileRange,
  mad: medianAbsoluteDeviation,
  iqr: interQuartileRange,
  sigma: standardDeviation,
}

/** What these are of a normal distribution, in standard deviations. */
const IQR_OF_NORMAL = 1.349
const REACH_OF_NORMAL = 1.645
/** The inverse for the median absolute deviation. */
const MAD_TO_SIGMA = 1.4826

/**
 * The median; on each side the larger of the inter-quartile range / 1.349 and the distance to the 95th (5th) percentile /
 * 1.645: a past with spikes widens the side on which it spikes, which quartiles do not see. Quantile scales of a normal
 * distribution as in Tukey, "Exploratory Data Analysis" (1977); that the larger is taken, and each side by itself, is our own.
 */
function quantileRange(before: readonly number[]): PastScale {
  const sorted = ascending(before)
  const centre = quantile(sorted, 0.5)
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / IQR_OF_NORMAL
  return {
    centre,
    scaleUp: Math.max(spread, (quantile(sorted, 0.95) - centre) / REACH_OF_NORMAL),
    scaleDown: Math.max(spread, (centre - quantile(sorted, 0.05)) / REACH_OF_NORMAL),
  }
}

/**
 * The median and 1.4826 x the median absolute deviation from it; half of the samples may be outliers. Leys et al.,
 * "Detecting outliers: Do not use standard deviation around the mean, use absolute deviation around the median", Journal of
 * Experimental Social Psychology 49 (2013); the factor is Rousseeuw and Croux', "Alternatives to the Median Absolute
 * Deviation", JASA 88 (1993).
 */
function medianAbsoluteDeviation(before: readonly number[]): PastScale {
  const centre = quantile(ascending(before), 0.5)
  const distances = ascending(before.map((value) => Math.abs(value - centre)))
  return alike(centre, MAD_TO_SIGMA * quantile(distances, 0.5))
}

/**
 * The median and the inter-quartile range, as the RobustScorer of BARO (Pham, Ha, Zhang, FSE 2024) has them; a quarter of the
 * samples may be outliers. BARO divides by the range itself; / 1.349 gives it the unit of the other methods.
 */
function interQuartileRange(before: readonly number[]): PastScale {
  const sorted = ascending(before)
  return alike(quantile(sorted, 0.5), (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / IQR_OF_NORMAL)
}

/**
 * The mean and the standard deviation (of the samples themselves: divided by n), as NSigma has them (Li et al., "Causal
 * Inference-Based Root Cause Analysis for Online Service Systems with Intervention Recognition", KDD 2022). One outlier
 * moves both.
 */
function standardDeviation(before: readonly number[]): PastScale {
  const centre = mean(before)
  return alike(centre, Math.sqrt(mean(before.map((value) => (value - centre) ** 2))))
}

function alike(centre: number, scale: number): PastScale {
  return { centre, scaleUp: scale, scaleDown: scale }
}

function ascending(values: readonly number[]): Float64Array {
  return new Float64Array(values).sort()
}

function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
