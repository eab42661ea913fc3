import type { Candidate } from './extract-candidates.ts'
import type { FeatureName } from './features.ts'

/** A candidate with its log-odds and its share of the probability over all candidates of the case. */
export interface ScoredCandidate {
  readonly candidate: Candidate
  readonly logOdds: number
  readonly share: number
}

/**
 * A conditional logit (McFadden 1974): log-odds are the weighted sum of what was observed, shares their softmax over the
 * candidates of one case, so that only differences between candidates count. Most probable first; ties by service, then
 * change, so that the same case always gives the same order.
 */
export function scoreCandidates(
  candidates: readonly Candidate[],
  weights: Readonly<Record<FeatureName, number>>,
): readonly ScoredCandidate[] {
  const logOdds = candidates.map(({ observations }) =>
    observations.reduce((sum, { feature, value }) => sum + weights[feature] * value, 0),
  )
  const shares = softmax(logOdds)
  return candidates
    .map((candidate, at) => ({ candidate, logOdds: logOdds[at] ?? 0, share: shares[at] ?? 0 }))
    .sort(byLogOddsThenName)
}

export function softmax(values: readonly number[]): readonly number[] {
  let highest = -Infinity
  for (const value of values) highest = Math.max(highest, value)
  const powers = values.map((value) => Math.exp(value - highest))
  let sum = 0
  for (const power of powers) sum += power
  return powers.map((power) => power / sum)
}

function byLogOddsThenName(a: ScoredCandidate, b: ScoredCandidate): number {
  if (Math.abs(a.logOdds - b.logOdds) > 1e-9) return b.logOdds - a.logOdds
  return compareText(a.candidate.service, b.candidate.service) || compareText(changeId(a), changeId(b))
}

function changeId({ candidate }: ScoredCandidate): string {
  return candidate.change?.id ?? ''
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
