import type { EvidenceKind } from '../contracts.ts'
import type { FeatureName } from './features.ts'

/** One feature of one candidate, with the words for it; words are made only for what is shown. */
export interface Observation {
  readonly feature: FeatureName
  readonly value: number
  readonly kind: EvidenceKind
  readonly text: () => string
}

/** Observations by service name. */
export type ServiceObservations = ReadonlyMap<string, readonly Observation[]>

/** ln(1 + z): a deviation in units of e-folds, so that a tenfold larger one does not outvote everything else. */
export function compress(scales: number): number {
  return Math.log1p(Math.max(0, scales))
}
