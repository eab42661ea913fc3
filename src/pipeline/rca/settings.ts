import type { FeatureName } from './features.ts'
import type { PastMethod } from './past-scale.ts'

/** How the metrics of one series are told apart from their own past. */
export interface DeviationSettings {
  /** How the centre and the scales of the past are taken; new instances are held against their old peers by quantiles always. */
  readonly method: PastMethod
  /** Smallest scale, as a share of the level before: what nobody would call a change. */
  readonly relativeFloor: number
  /** Smallest scale of a ratio (success, utilisation given as 0..1). */
  readonly ratioFloor: number
  /** Deviations beyond this many scales are all the same. */
  readonly cap: number
  /** The same for what callers notice (latency, failures): beyond, only the harm done counts. */
  readonly noticedCap: number
}

export interface RcaModel {
  /** Log-odds for one unit of each feature; what a unit is stands in `features.ts`. */
  readonly weights: Readonly<Record<FeatureName, number>>
  /** Log-odds of being right = intercept + lead * ln(share / rival's share) + reachesSymptom, where it does. */
  readonly calibration: {
    readonly intercept: number
    readonly lead: number
    readonly reachesSymptom: number
  }
}

export interface RcaSettings {
  readonly gather: {
    readonly metricHistoryMs: number
    readonly logHistoryMs: number
    readonly spanHistoryMs: number
    readonly changeHistoryMs: number
    /** A source that takes longer is left out and named. */
    readonly deadlineMs: number
    readonly logLineLimit: number
    readonly spanLimit: number
  }
  /** What is kept of diagnoses for `ccp replay`, the oldest given up first; `most` 0 keeps none. */
  readonly recordings: { readonly most: number; readonly mostBytes: number }
  /** The stretch before detection in which the incident is looked for; what lies before it is the normal state. */
  readonly incidentWindowMs: number
  readonly deviation: DeviationSettings
  /** A change this long before detection counts half. */
  readonly changeHalfLifeMs: number
  /** No cause is named while the symptom's own target deviates by fewer scales than this. */
  readonly symptomAbnormalFrom: number
  /** No cause is named whose confidence is below this. */
  readonly abstainBelow: number
  readonly model: RcaModel
  /** Whether a language model is asked to order the candidates and to word a summary; off where not configured. */
  readonly review: {
    readonly ask: boolean
    readonly deadlineMs: number
    /** Only candidates at most so many times less probable than the first may be put in another order. */
    readonly reorderWithin: number
  }
}
