import type { Answer } from './cases.ts'

export interface Prediction {
  readonly id: string
  readonly dataset: string
  readonly answer: Answer
  /** Distinct services, most probable first; empty when abstaining. */
  readonly services: readonly string[]
  readonly change: string | null
  /** Of the first service; null for methods without one. */
  readonly confidence: number | null
  /** Whether the case held neither logs nor spans; unknown where nothing was timed. */
  readonly metricsAlone?: boolean
  /** By the clock, loading included; NaN where it was not timed. */
  readonly ms: number
  /** Of all processors together. */
  readonly processorMs: number
}

/** A share with its Wilson 95 % interval. */
export interface Share {
  readonly share: number
  readonly low: number
  readonly high: number
  readonly n: number
}

export interface Scores {
  readonly n: number
  readonly ac1: Share
  readonly ac3: Share
  readonly avg5: number
  readonly mrr: number
  readonly changeFirst: Share | null
  readonly abstained: Share
  readonly falseAlarms: Share | null
  readonly ece: number | null
  readonly brier: number | null
  readonly msP50: number
  readonly msP95: number
  readonly processorMsP50: number
  readonly processorMsP95: number
}

export function scorePredictions(predictions: readonly Prediction[]): Scores {
  const positive = predictions.filter(({ answer }) => answer.negative !== true)
  const negative = predictions.filter(({ answer }) => answer.negative === true)
  const ranks = positive.map(({ answer, services }) => services.indexOf(answer.service ?? '') + 1)
  const within = (k: number): number => ranks.filter((rank) => rank > 0 && rank <= k).length
  const withChange = positive.filter(({ answer }) => answer.change !== undefined)
  const judged = predictions
    .filter(({ confidence, services }) => confidence !== null && services.length > 0)
    .map(({ confidence, services, answer }) => ({
      confidence: confidence ?? 0,
      right: answer.negative !== true && services[0] === answer.service ? 1 : 0,
    }))
  const ms = sorted(predictions.map((one) => one.ms))
  const processorMs = sorted(predictions.map((one) => one.processorMs))
  return {
    n: positive.length,
    ac1: wilson(within(1), positive.length),
    ac3: wilson(within(3), positive.length),
    avg5: [1, 2, 3, 4, 5].reduce((sum, k) => sum + within(k), 0) / 5 / Math.max(1, positive.length),
    mrr: ranks.reduce((sum, rank) => sum + (rank > 0 ? 1 / rank : 0), 0) / Math.max(1, positive.length),
    changeFirst:
      withChange.length === 0
        ? null
        : wilson(
            withChange.filter(({ answer, change }) => change === answer.change).length,
            withChange.length,
          ),
    abstained: wilson(positive.filter(({ services }) => services.length === 0).length, positive.length),
    falseAlarms:
      negative.length === 0
        ? null
        : wilson(negative.filter(({ services }) => services.length > 0).length, negative.length),
    ece: judged.length === 0 ? null : expectedCalibrationError(judged),
    brier:
      judged.length === 0
        ? null
        : judged.reduce((sum, { confidence, right }) => sum + (confidence - right) ** 2, 0) / judged.length,
    msP50: percentile(ms, 0.5),
    msP95: percentile(ms, 0.95),
    processorMsP50: percentile(processorMs, 0.5),
    processorMsP95: percentile(processorMs, 0.95),
  }
}

/** Wilson 1927: an interval for a share that holds its level at small n and near 0 and 1. */
export function wilson(hits: number, n: number, z = 1.959964): Share {
  if (n === 0) return { share: Number.NaN, low: Number.NaN, high: Number.NaN, n }
  const p = hits / n
  const d = 1 + (z * z) / n
  const centre = (p + (z * z) / (2 * n)) / d
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / d
  return { share: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n }
}

/** Ten equal bins; the mean gap between confidence and truth, weighted by the cases in each. */
export function expectedCalibrationError(
  judged: readonly { readonly confidence: number; readonly right: number }[],
): number {
  const bins = Map.groupBy(judged, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)))
  let gap = 0
  for (const bin of bins.values())
    gap += Math.abs(bin.reduce((sum, { confidence, right }) => sum + confidence - right, 0))
  return gap / judged.length
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b)
}

function percentile(ascending: readonly number[], q: number): number {
  const position = q * (ascending.length - 1)
  const low = ascending[Math.floor(position)] ?? Number.NaN
  return low + ((ascending[Math.ceil(position)] ?? low) - low) * (position - Math.floor(position))
}
