import { logistic, type CalibrationFeatures } from '../../src/pipeline/rca/calibrate.ts'
import type { RcaModel } from '../../src/pipeline/rca/settings.ts'

export type Calibration = RcaModel['calibration']

/** One answered case: how clearly its winner won, and whether it was right. */
export interface Judged {
  readonly dataset: string
  readonly features: CalibrationFeatures
  readonly right: boolean
}

/** Before any case is seen: odds of being right grow as the model says, and doubly where the symptom is reached. */
const PRIOR: Calibration = { intercept: 0, lead: 1, reachesSymptom: 0.7 }
const RIDGE = 2
const ROUNDS = 4000

/**
 * Platt scaling: logistic regression of being right, a data set counting the same however many cases it has, with targets
 * drawn in as Platt advises and the slopes drawn to their prior; slopes never fall below 0.
 */
export function fitCalibration(judged: readonly Judged[]): Calibration {
  const sizes = new Map<string, number>()
  for (const { dataset } of judged) sizes.set(dataset, (sizes.get(dataset) ?? 0) + 1)
  const hits = judged.filter(({ right }) => right).length
  const high = (hits + 1) / (hits + 2)
  const low = 1 / (judged.length - hits + 2)
  let { intercept, lead, reachesSymptom } = PRIOR
  for (let round = 0; round < ROUNDS; round += 1) {
    let gi = 0
    let gl = -RIDGE * (lead - PRIOR.lead)
    let gr = -RIDGE * (reachesSymptom - PRIOR.reachesSymptom)
    for (const { dataset, features, right } of judged) {
      const said = logistic(intercept + lead * features.lead + reachesSymptom * features.reachesSymptom)
      const importance = judged.length / (sizes.size * (sizes.get(dataset) ?? 1))
      const pull = importance * ((right ? high : low) - said)
      gi += pull
      gl += pull * features.lead
      gr += pull * features.reachesSymptom
    }
    const step = 0.2 / judged.length
    intercept += step * gi
    lead = Math.max(0, lead + step * gl)
    reachesSymptom = Math.max(0, reachesSymptom + step * gr)
  }
  return { intercept, lead, reachesSymptom }
}
