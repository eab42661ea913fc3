import { softmax } from '../../src/pipeline/rca/score-candidates.ts'
import { FEATURES, type FeatureName } from '../../src/pipeline/rca/features.ts'

export type Weights = Record<FeatureName, number>

/** One development case as the fit sees it: the features of each candidate and which of them are right. */
export interface FitCase {
  readonly dataset: string
  readonly candidates: readonly (readonly number[])[]
  readonly right: readonly boolean[]
}

export interface FitOptions {
  /** Weights without any data: what one would say from the field's experience. */
  readonly prior: Weights
  /** Strength of the pull to the prior, in cases. */
  readonly ridge: number
  readonly rounds: number
}

/**
 * Maximum a posteriori weights of the conditional logit by gradient ascent (Adam), every data set counting the same. A
 * weight is kept on its prior's side of zero: the sign of a feature is knowledge, not to be fitted to 119 cases.
 */
export function fitWeights(cases: readonly FitCase[], { prior, ridge, rounds }: FitOptions): Weights {
  const start = FEATURES.map((name) => prior[name])
  const weights = [...start]
  const first = new Float64Array(weights.length)
  const second = new Float64Array(weights.length)
  const importance = datasetImportance(cases)
  for (let round = 1; round <= rounds; round += 1) {
    const gradient = weights.map((weight, at) => -ridge * (weight - (start[at] ?? 0)))
    for (const one of cases) addGradient(gradient, one, weights, importance.get(one.dataset) ?? 0)
    for (let at = 0; at < weights.length; at += 1) {
      const g = gradient[at] ?? 0
      first[at] = 0.9 * (first[at] ?? 0) + 0.1 * g
      second[at] = 0.99 * (second[at] ?? 0) + 0.01 * g * g
      const step =
        (first[at] ?? 0) / (1 - 0.9 ** round) / (Math.sqrt((second[at] ?? 0) / (1 - 0.99 ** round)) + 1e-8)
      weights[at] = sameSide((weights[at] ?? 0) + 0.02 * step, start[at] ?? 0)
    }
  }
  return Object.fromEntries(FEATURES.map((name, at) => [name, weights[at] ?? 0])) as Weights
}

function datasetImportance(cases: readonly FitCase[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { dataset } of cases) sizes.set(dataset, (sizes.get(dataset) ?? 0) + 1)
  return new Map([...sizes].map(([dataset, size]) => [dataset, cases.length / (sizes.size * size)]))
}

function addGradient(gradient: number[], one: FitCase, weights: readonly number[], importance: number): void {
  const scores = one.candidates.map((features) => dot(features, weights))
  const shares = softmax(scores)
  const rightShare = shares.reduce((sum, share, at) => sum + (one.right[at] === true ? share : 0), 0)
  if (rightShare <= 0) return
  for (const [at, features] of one.candidates.entries()) {
    const share = shares[at] ?? 0
    const pull = importance * ((one.right[at] === true ? share / rightShare : 0) - share)
    for (let f = 0; f < features.length; f += 1) gradient[f] = (gradient[f] ?? 0) + pull * (features[f] ?? 0)
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0)
  return sum
}

function sameSide(weight: number, prior: number): number {
  return prior >= 0 ? Math.max(0, weight) : Math.min(0, weight)
}
