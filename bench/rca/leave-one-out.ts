import {
  calibratedConfidence,
  calibrationFeatures,
  type CalibrationFeatures,
} from '../../src/pipeline/rca/calibrate.ts'
import type { Candidate } from '../../src/pipeline/rca/extract-candidates.ts'
import { FEATURES } from '../../src/pipeline/rca/features.ts'
import { scoreCandidates } from '../../src/pipeline/rca/score-candidates.ts'
import type { Answer } from './cases.ts'
import { fitCalibration, type Calibration, type Judged } from './fit-calibration.ts'
import { fitWeights, type FitCase, type Weights } from './fit-weights.ts'
import { PRIOR } from './prior.ts'
import type { Prediction } from './scores.ts'

const RIDGE = 5
const ROUNDS = 400

/** What is kept of a case once it was read: numbers only, so that all cases fit in memory. */
export interface Extracted {
  readonly id: string
  readonly dataset: string
  readonly answer: Answer
  readonly candidates: readonly Candidate[]
  readonly abstained: boolean
}

/** Every data set predicted by weights and a calibration that never saw a case of it. */
export function leaveOneOut(extracted: readonly Extracted[]): Prediction[] {
  const datasets = [...new Set(extracted.map(({ dataset }) => dataset))]
  return datasets.flatMap((dataset) => {
    const [weights, calibration] = fitAll(extracted.filter((one) => one.dataset !== dataset))
    return extracted
      .filter((one) => one.dataset === dataset)
      .map((one) => predictFitted(one, weights, calibration))
  })
}

/** Weights on all cases given; the calibration on what weights without the case's own data set say. */
export function fitAll(extracted: readonly Extracted[]): [Weights, Calibration] {
  const cases = (some: readonly Extracted[]): FitCase[] =>
    some.filter(({ answer }) => answer.negative !== true).map(toFitCase)
  const fit = (some: readonly Extracted[]): Weights =>
    fitWeights(cases(some), { prior: PRIOR, ridge: RIDGE, rounds: ROUNDS })
  const datasets = [...new Set(extracted.map(({ dataset }) => dataset))]
  const judged = datasets.flatMap((dataset) => {
    const weights = fit(extracted.filter((one) => one.dataset !== dataset))
    return extracted
      .filter((one) => one.dataset === dataset && !one.abstained)
      .map((one) => judgeFirst(one, weights))
  })
  return [fit(extracted), fitCalibration(judged)]
}

function toFitCase({ dataset, candidates, answer }: Extracted): FitCase {
  return {
    dataset,
    candidates: candidates.map(({ observations }) => {
      const values = new Map(observations.map(({ feature, value }) => [feature, value]))
      return FEATURES.map((name) => values.get(name) ?? 0)
    }),
    right: candidates.map(
      ({ service, change }) =>
        service === answer.service && (answer.change === undefined || change?.id === answer.change),
    ),
  }
}

interface RankedService {
  readonly service: string
  readonly share: number
  readonly change: string | null
  readonly best: Candidate | undefined
}

function rankServices(candidates: readonly Candidate[], weights: Weights): readonly RankedService[] {
  const groups = Map.groupBy(scoreCandidates(candidates, weights), ({ candidate }) => candidate.service)
  return [...groups]
    .map(([service, own]) => ({
      service,
      share: own.reduce((sum, { share }) => sum + share, 0),
      change: own[0]?.candidate.change?.id ?? null,
      best: own[0]?.candidate,
    }))
    .sort((a, b) => b.share - a.share)
}

function judgeFirst({ dataset, candidates, answer }: Extracted, weights: Weights): Judged {
  const ranked = rankServices(candidates, weights)
  return {
    dataset,
    features: featuresOfFirst(ranked),
    right: answer.negative !== true && ranked[0]?.service === answer.service,
  }
}

function featuresOfFirst([first, second]: readonly RankedService[]): CalibrationFeatures {
  return calibrationFeatures(first?.share ?? 0, second?.share ?? 0, first?.best)
}

function predictFitted(one: Extracted, weights: Weights, calibration: Calibration): Prediction {
  const ranked = one.abstained ? [] : rankServices(one.candidates, weights)
  return {
    id: one.id,
    dataset: one.dataset,
    answer: one.answer,
    services: ranked.map(({ service }) => service),
    change: ranked.find(({ change }) => change !== null)?.change ?? null,
    confidence: ranked.length === 0 ? null : calibratedConfidence(featuresOfFirst(ranked), calibration),
    ms: Number.NaN,
    processorMs: Number.NaN,
  }
}
