import type { Evidence } from '../contracts.ts'
import type { Change } from '../signals/telemetry.ts'

/** One service as the cause, with the change held responsible, if any. */
export interface RankedCause {
  readonly service: string
  readonly change: Change | null
  /** The commits that the change brought, newest first. */
  readonly commits: readonly Change[]
  /** Calibrated probability that this service is the cause. */
  readonly confidence: number
  /** Largest first; weights in log-odds against the average candidate of the case. */
  readonly evidenceFor: readonly Evidence[]
  readonly evidenceAgainst: readonly Evidence[]
  /** From the cause up to the symptom's service; only the service itself where no way is known. */
  readonly path: readonly string[]
}

export interface CaseRanking {
  readonly id: string
  /** Most probable first; never two of one service. Kept when abstaining, for whoever takes over. */
  readonly ranked: readonly RankedCause[]
  /** Why no cause is named; null where the first is meant. */
  readonly abstained: string | null
  /** Whether no service shows what was reported; the confidences of `ranked` then presuppose what is not the case. */
  readonly isSymptomNormal: boolean
  /** Where no cause is named: what need not be looked at again, with why, and what would settle it, the best first. */
  readonly ruledOut: readonly string[]
  readonly wouldSettle: readonly string[]
  /** Log-odds that the outcomes of earlier diagnoses added to each confidence. */
  readonly confidenceShift: number
  /** Epoch seconds: when the incident seems to have begun. */
  readonly onset: number
  /** What could not be judged for lack of data, in words. */
  readonly missing: readonly string[]
  /** What was read, with numbers. */
  readonly lookedAt: readonly string[]
}
