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

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
