import type { Evidence } from '../contracts.ts'
import type { Candidate } from './extract-candidates.ts'
import { FEATURES, type FeatureName } from './features.ts'

/** Contributions below this many log-odds are not worth a person's attention. */
const WORTH_SAYING = 0.15
const MOST = 6

export interface Explanation {
  readonly evidenceFor: readonly Evidence[]
  readonly evidenceAgainst: readonly Evidence[]
}

/**
 * What moved one candidate against the average candidate of its case: weight times (its value less the mean value), largest
 * first. What every candidate shares explains nothing and drops out.
 */
export function explainCandidate(
  candidate: Candidate,
  means: FeatureMeans,
  weights: Readonly<Record<FeatureName, number>>,
): Explanation {
  const evidence = candidate.observations.map(
    ({ feature, value, kind, text }): { readonly weight: number; readonly said: () => Evidence } => {
      const weight = weights[feature] * (value - means[feature])
      return { weight, said: () => ({ kind, text: text(), weight: Number(weight.toFixed(3)) }) }
    },
  )
  const largest = evidence.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
  const pick = (sign: 1 | -1): readonly Evidence[] =>
    largest
      .filter(({ weight }) => sign * weight >= WORTH_SAYING)
      .slice(0, MOST)
      .map(({ said }) => said())
  return { evidenceFor: pick(1), evidenceAgainst: pick(-1) }
}

/** The average candidate of a case. */
export type FeatureMeans = Readonly<Record<FeatureName, number>>

export function featureMeans(all: readonly Candidate[]): FeatureMeans {
  const sums = Object.fromEntries(FEATURES.map((name) => [name, 0])) as Record<FeatureName, number>
  for (const { observations } of all)
    for (const { feature, value } of observations) sums[feature] += value / all.length
  return sums
}
