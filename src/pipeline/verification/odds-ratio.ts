import { leavesAChoice, logNormaliser, type Table } from './hypergeometric.ts'
import { logMeanExp } from './log-math.ts'

/**
 * E-processes for the odds ratio of canary against control. Each block is conditioned on its own sample sizes and its
 * own number of events, so that the base rate may drift and the weight may change while one process runs on; by
 * Ville's inequality P(sup E >= 1/alpha) <= alpha however often one looks. In the spirit of Lindon & Malek,
 * "Anytime-valid inference for multinomial count data", arXiv 2011.03567.
 */

/** How many times worse (or better) than the border the alternatives are; mixed in equal parts. */
export const ALTERNATIVES: readonly number[] = [1.25, 1.5, 2, 3, 5, 8, 15, 40]

/** ln E against "odds ratio <= psi0": grows when the canary has more events than the control. */
export function logEHarm(tables: readonly Table[], psi0: number): number {
  return logMixture(
    tables,
    psi0,
    ALTERNATIVES.map((factor) => psi0 * factor),
  )
}

/** ln E against "odds ratio >= psi1": grows when the canary is as good as the control. */
export function logENoHarm(tables: readonly Table[], psi1: number): number {
  return logMixture(tables, psi1, [1, Math.sqrt(psi1)])
}

/** ln E against "odds ratio >= 1 / factor": grows when the canary has fewer events than the control by that factor. */
export function logECure(tables: readonly Table[], factor: number): number {
  return logMixture(
    tables,
    1 / factor,
    ALTERNATIVES.map((alternative) => 1 / factor / alternative),
  )
}

/** ln of the mean, over the alternatives, of the likelihood ratio of all blocks against the border `psi0`. */
function logMixture(tables: readonly Table[], psi0: number, alternatives: readonly number[]): number {
  const informative = tables.filter(leavesAChoice)
  if (informative.length === 0) return 0
  const logRatios = alternatives.map(() => 0)
  for (const table of informative) {
    const atBorder = logNormaliser(table, psi0)
    alternatives.forEach((psi, j) => {
      logRatios[j] =
        (logRatios[j] ?? 0) + table.x * Math.log(psi / psi0) - (logNormaliser(table, psi) - atBorder)
    })
  }
  return logMeanExp(logRatios)
}
