import type { SignalName } from '../contracts.ts'

/** Everything the verdict depends on besides the data. Fixed before a rollout starts, never changed during one. */
export interface VerificationSettings {
  /** Chance that a harmless deployment is ever called harmful, over all signals and all looks. */
  readonly alpha: number
  /** Chance, for each signal, that a harmful deployment is passed: a proof needs an e-value of 1 / beta. */
  readonly beta: number
  /** Share of each signal in the vote; the sum is at most 1, so that the vote is an e-value too. */
  readonly weights: Readonly<Record<VotingSignal, number>>
  /** Signals that must each be shown harmless before a pass. */
  readonly mustPass: readonly SignalName[]
  readonly errors: TestSettings
  readonly latency: TestSettings
  /** Odds of an error, canary against control, are to fall at least by this factor for a fix to count as a cure. */
  readonly cureFactor: number
  /** phi >= 1 of failures that come in clusters, estimated from A/A periods; E becomes E^(1/phi). */
  readonly overDispersion: number
  readonly trafficSplit: {
    readonly alpha: number
    /** Odds of reaching the canary may differ from the configured ones by this factor. */
    readonly tolerance: number
  }
  /** Level of the intervals that are shown, 0..1. */
  readonly intervalLevel: number
}

/** Slow answers have their vote by the control's p50, p95 and p99; growth is asked about only where it is to be cured. */
export type VotingSignal = Exclude<SignalName, 'slow_ratio' | 'growth'>

export interface TestSettings {
  /** psi0: odds ratios up to this one are no harm. */
  readonly harmOddsRatio: number
  /** psi1: from this odds ratio on it is harm; "no harm" is a proof against it. */
  readonly noHarmOddsRatio: number
  /** A smaller difference of the two ratios (0..1) never fails a deployment. */
  readonly minDifference: number
}
