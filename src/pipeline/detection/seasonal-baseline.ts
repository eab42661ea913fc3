import type { SeasonalWatch } from './settings.ts'

export type SeasonalVerdict =
  | { readonly kind: 'usual' }
  | {
      readonly kind: 'unusual'
      /** Median of the same time in the seasons before. */
      readonly usual: number
      /** Signed distance from it, in scales. */
      readonly scales: number
      readonly seasons: number
    }
  /** Too little is known of that time to call anything unusual: no alarm. */
  | { readonly kind: 'inconclusive'; readonly because: string }

/** A season counts with at least this many values around its time. */
const MIN_VALUES = 5
/** Makes the median absolute deviation the standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826

/**
 * A value against those of the same time in the seasons before (`seasons`: the values around that time, one list each): its
 * distance from their median in robust scales, max(1.4826 MAD, relativeFloor |median|, floor).
 *
 * Median and MAD instead of mean and deviation, on what the season leaves: Hochenbaum, Vallis, Kejariwal, "Automatic Anomaly
 * Detection in the Cloud Via Statistical Learning" (2017); the modified z-score is Iglewicz and Hoaglin's (1993), the factor
 * Rousseeuw and Croux' (1993). Values of a season are pooled, not averaged, so that half of all may be of earlier incidents before
 * the median moves to them. The floors keep a flat series from alarming at any flicker.
 */
export function judgeSeason(
  value: number,
  seasons: readonly (readonly number[])[],
  watch: Pick<SeasonalWatch, 'minSeasons' | 'direction' | 'deviation' | 'relativeFloor' | 'floor'>,
): SeasonalVerdict {
  const known = seasons
    .map((values) => values.filter(Number.isFinite))
    .filter(({ length }) => length >= MIN_VALUES)
  if (known.length < watch.minSeasons)
    return inconclusive(
      `${known.length} of ${seasons.length} earlier times have values, ${watch.minSeasons} are needed`,
    )
  if (Number.isNaN(value)) return inconclusive('it has no value')
  const usual = median(known.flat())
  const mad = median(known.flat().map((each) => Math.abs(each - usual)))
  const scale = Math.max(MAD_TO_SIGMA * mad, watch.relativeFloor * Math.abs(usual), watch.floor)
  const scales = (value - usual) / scale
  const isFar = Math.abs(scales) >= watch.deviation
  const isWatched = watch.direction === 'both' || (watch.direction === 'above') === scales > 0
  return isFar && isWatched ? { kind: 'unusual', usual, scales, seasons: known.length } : { kind: 'usual' }
}

function inconclusive(because: string): SeasonalVerdict {
  return { kind: 'inconclusive', because }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}
