import { logFactorial } from './log-math.ts'

/** Two binomial counts: `x` of `n` on the canary's side, `y` of `m` on the control's. */
export interface Table {
  readonly n: number
  readonly x: number
  readonly m: number
  readonly y: number
}

/**
 * ln h(x; psi) - ln h(x; psi0), h being Fisher's noncentral hypergeometric distribution of `x` given both sample sizes
 * and x + y. Exactly 0 where the margins leave no choice: no events, nothing but events, or no traffic on one side.
 */
export function logLikelihoodRatio(table: Table, psi: number, psi0: number): number {
  if (!leavesAChoice(table) || psi === psi0) return 0
  const { x } = table
  return x * Math.log(psi / psi0) - (logNormaliser(table, psi) - logNormaliser(table, psi0))
}

/** Whether the margins leave `x` more than one value. */
export function leavesAChoice(table: Table): boolean {
  const events = table.x + table.y
  return Math.min(table.n, events) > Math.max(0, events - table.m)
}

/**
 * ln sum_k psi^k C(n,k) C(m,e-k), less the constant ln n! m!, which every ratio cancels.
 *
 * The distribution is a sum of independent Bernoulli variables (its generating function has real roots only), so with
 * standard deviation s its characteristic function is at most exp(-s^2 (1 - cos t)). Summing every h-th term and
 * multiplying by h is therefore off, relative, by less than the sum of exp(-s^2 (1 - cos(2 pi j / h))) over 0 < j < h:
 * below 1e-13 for the strides of `strideAt`. That makes a table of a million requests cost as much as one of a thousand.
 */
export function logNormaliser(table: Table, psi: number): number {
  const events = table.x + table.y
  const lowest = Math.max(0, events - table.m)
  const highest = Math.min(table.n, events)
  const mode = modeOf(table, psi, lowest, highest)
  const stride = strideAt(deviationAt(table, mode))
  const logPsi = Math.log(psi)
  const peak = logTerm(table, mode, logPsi)
  const sum =
    stride === 1
      ? 1 + sumByRatio(table, psi, mode, highest) + sumByRatio(table, psi, mode, lowest)
      : stride *
        (1 +
          sumByStride(table, logPsi, { mode, peak, end: highest, stride }) +
          sumByStride(table, logPsi, { mode, peak, end: lowest, stride: -stride }))
  return peak + Math.log(sum)
}

/** Terms below this share of the largest are left out. */
const NEGLIGIBLE = 1e-15
const LOG_NEGLIGIBLE = Math.log(NEGLIGIBLE)

function modeOf(table: Table, psi: number, lowest: number, highest: number): number {
  if (lowest === highest) return lowest
  const events = table.x + table.y
  // The root of psi (n - k)(e - k) = k (m - e + k), in the form that does not cancel.
  const a = psi - 1
  const b = psi * (table.n + events) + (table.m - events)
  const c = psi * table.n * events
  const root = (2 * c) / (b + Math.sqrt(Math.max(0, b * b - 4 * a * c)))
  return Math.min(highest, Math.max(lowest, Math.round(root)))
}

function deviationAt(table: Table, k: number): number {
  const events = table.x + table.y
  const curvature = 1 / k + 1 / (table.n - k) + 1 / (events - k) + 1 / (table.m - events + k)
  return 1 / Math.sqrt(curvature) // 0 on the border of the support, where 1 / 0 is infinite
}

function strideAt(deviation: number): number {
  if (deviation < 4) return 1
  return deviation < 4.8 ? 2 : Math.floor(deviation / 1.6)
}

function logTerm(table: Table, k: number, logPsi: number): number {
  const events = table.x + table.y
  return (
    k * logPsi -
    logFactorial(k) -
    logFactorial(table.n - k) -
    logFactorial(events - k) -
    logFactorial(table.m - events + k)
  )
}

/** Sum over the terms beyond the mode up to `end`, the mode's own term being 1. */
function sumByRatio(table: Table, psi: number, mode: number, end: number): number {
  const direction = end >= mode ? 1 : -1
  const events = table.x + table.y
  let term = 1
  let sum = 0
  for (let k = mode; k !== end; k += direction) {
    const low = direction === 1 ? k : k - 1
    const up = (psi * (table.n - low) * (events - low)) / ((low + 1) * (table.m - events + low + 1))
    term *= direction === 1 ? up : 1 / up
    sum += term
    if (term < NEGLIGIBLE) break
  }
  return sum
}

function sumByStride(
  table: Table,
  logPsi: number,
  walk: { readonly mode: number; readonly peak: number; readonly end: number; readonly stride: number },
): number {
  let sum = 0
  for (let k = walk.mode + walk.stride; walk.stride > 0 ? k <= walk.end : k >= walk.end; k += walk.stride) {
    const logShare = logTerm(table, k, logPsi) - walk.peak
    if (logShare < LOG_NEGLIGIBLE) break
    sum += Math.exp(logShare)
  }
  return sum
}
