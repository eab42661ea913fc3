import { logMeanExp, logSumExp } from './log-math.ts'
import { ALTERNATIVES } from './odds-ratio.ts'

/**
 * Anytime-valid statements about one proportion: x events among n requests whose probabilities may drift.
 *
 * For every fixed tilt t, exp(t x - n ln(1 - p + p e^t)) is a nonnegative supermartingale when p is the running mean
 * of the probabilities: ln(1 - p + p e^t) is concave in p, so by Jensen the mean's term is at least the sum of the
 * single ones. A mixture over tilts that do not depend on p keeps this. Howard, Ramdas, McAuliffe & Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021.
 */
export interface Count {
  readonly n: number
  readonly x: number
}

/** ln E against "probability >= p0": grows while the events stay rarer than p0. */
export function logEBelow(count: Count, p0: number): number {
  return logMeanExp(ALTERNATIVES.map((factor) => logTilted(count, p0, -Math.log(factor))))
}

/** ln E against "probability <= p0": grows while the events are more frequent than p0. */
export function logEAbove(count: Count, p0: number): number {
  return logMeanExp(ALTERNATIVES.map((factor) => logTilted(count, p0, Math.log(factor))))
}

/** ln E of single blocks against "the odds are those of p0 times at most `tolerance`, either way". */
export function logEOff(
  parts: readonly { readonly count: Count; readonly p0: number }[],
  tolerance: number,
): number {
  const tilted = (direction: 1 | -1): number[] =>
    ALTERNATIVES.map((factor) =>
      parts.reduce((sum, part) => {
        const border = shiftOdds(part.p0, tolerance ** direction)
        return sum + logTilted(part.count, border, direction * Math.log(factor))
      }, 0),
    )
  return logMeanExp([...tilted(1), ...tilted(-1)])
}

/** exp(t x - n ln(1 - p + p e^t)), in logarithms. */
function logTilted(count: Count, p: number, tilt: number): number {
  return tilt * count.x - count.n * Math.log1p(p * Math.expm1(tilt))
}

function shiftOdds(p: number, factor: number): number {
  return (p * factor) / (1 - p + p * factor)
}

/** Tilts from one in a hundred to 160-fold, so that both a hundred and a million requests find one that fits. */
const TILTS = Array.from({ length: 12 }, (_, j) => 0.01 * 1.75 ** j)

/** Both ends hold together, at all times, with probability `level`. */
export function confidenceSequence(count: Count, level: number): readonly [number, number] {
  const logLimit = Math.log(2 / (1 - level))
  const lower = count.x === 0 ? 0 : borderOf(count, logLimit, 1)
  const upper = count.x === count.n ? 1 : borderOf(count, logLimit, -1)
  return [lower, upper]
}

/** The probability at which the one-sided mixture reaches the limit, by bisection between x/n and the end of the range. */
function borderOf(count: Count, logLimit: number, direction: 1 | -1): number {
  const logE = (p: number): number =>
    logSumExp(TILTS.map((tilt) => logTilted(count, p, direction * tilt))) - Math.log(TILTS.length)
  let inside = count.x / count.n
  let outside = direction === 1 ? 0 : 1
  for (let step = 0; step < 60; step += 1) {
    const middle = (inside + outside) / 2
    if (logE(middle) >= logLimit) outside = middle
    else inside = middle
  }
  return outside
}

/**
 * Canary less control: each side's own sequence at half the error, subtracted end from end. It holds at all times with
 * probability `level` and is wider than the test is sharp: it is for showing, the e-values decide.
 */
export function differenceInterval(
  canary: Count,
  control: Count,
  level: number,
): readonly [number, number] | null {
  if (canary.n === 0 || control.n === 0) return null
  const each = 1 - (1 - level) / 2
  const [canaryLow, canaryHigh] = confidenceSequence(canary, each)
  const [controlLow, controlHigh] = confidenceSequence(control, each)
  return [canaryLow - controlHigh, canaryHigh - controlLow]
}
