import type { JudgedDiagnosis } from '../signals/telemetry.ts'
import type { Candidate } from './extract-candidates.ts'
import type { RcaModel } from './settings.ts'

/** What tells a right first place from a wrong one. */
export interface CalibrationFeatures {
  /** ln(share of this / share of its strongest rival), within +-6: unlike the share, comparable between large and small systems. */
  readonly lead: number
  /** 1 where abnormal services lead from it up to the service that was reported, else 0. */
  readonly reachesSymptom: number
}

const MOST_LEAD = 6
/** ln(1 + 2 scales): the weakest service on the way deviates noticeably. */
const ABNORMAL_PATH = Math.log(3)

/** Platt scaling (Platt 1999); the constants and what they were fitted on stand in config/rca.yaml. */
export function calibratedConfidence(
  features: CalibrationFeatures,
  { intercept, lead, reachesSymptom }: RcaModel['calibration'],
): number {
  return logistic(intercept + lead * features.lead + reachesSymptom * features.reachesSymptom)
}

export function calibrationFeatures(
  share: number,
  rivalShare: number,
  candidate: Candidate | undefined,
): CalibrationFeatures {
  const lead = Math.log(Math.max(share, 1e-12) / Math.max(rivalShare, 1e-12))
  const path = candidate?.observations.find(({ feature }) => feature === 'pathToSymptom')?.value ?? 0
  return {
    lead: Math.min(MOST_LEAD, Math.max(-MOST_LEAD, lead)),
    reachesSymptom: path >= ABNORMAL_PATH ? 1 : 0,
  }
}

/** Of the shift, before any outcome: with it a diagnosis given with 0.8 that was wrong makes the next like it 0.73. */
const PRIOR_VARIANCE = 0.5

/**
 * By how much outcomes in use move the calibration of the development cases: the log-odds that, added to all that was said, make the
 * outcomes most probable, held to 0 by a normal prior (recalibration in the large; Cox 1958, Steyerberg 2004). What was said
 * with good reason to be sure and was right moves it by next to nothing. The slope falls with the shift, so it is halved down to.
 */
export function shiftByOutcomes(judged: readonly JudgedDiagnosis[]): number {
  const slopeAt = (shift: number): number =>
    judged.reduce((sum, { logOdds, right }) => sum + (right ? 1 : 0) - logistic(logOdds + shift), 0) -
    shift / PRIOR_VARIANCE
  let high = judged.length * PRIOR_VARIANCE
  let low = -high
  while (high - low > 1e-6) {
    const middle = (low + high) / 2
    if (slopeAt(middle) > 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
