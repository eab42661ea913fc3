import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { rcaSchema } from '../../src/config/schema/rca.ts'
import {
  calibratedConfidence,
  calibrationFeatures,
  type CalibrationFeatures,
} from '../../src/pipeline/rca/calibrate.ts'
import { extractCandidates, type Candidate } from '../../src/pipeline/rca/extract-candidates.ts'
import { FEATURES } from '../../src/pipeline/rca/features.ts'
import { rankCase } from '../../src/pipeline/rca/rank-case.ts'
import { scoreCandidates } from '../../src/pipeline/rca/score-candidates.ts'
import type { RcaSettings } from '../../src/pipeline/rca/settings.ts'
import { latestRelease, nSigma, type BaselineRanking } from './baselines.ts'
import { benchCases, whatIsMissing, type Answer, type BenchCase } from './cases.ts'
import { fitCalibration, type Calibration, type Judged } from './fit-calibration.ts'
import { fitWeights, type FitCase, type Weights } from './fit-weights.ts'
import { PRIOR } from './prior.ts'
import { printScores, toYaml } from './print.ts'
import { scorePredictions, type Prediction, type Scores } from './scores.ts'

const RIDGE = 5
const ROUNDS = 400

/** What is kept of a case once it was read: numbers only, so that all cases fit in memory. */
interface Extracted {
  readonly id: string
  readonly dataset: string
  readonly answer: Answer
  readonly candidates: readonly Candidate[]
  readonly abstained: boolean
}

const directory = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
process.exitCode = await main(directory)

async function main(folder: string | undefined): Promise<number> {
  const problem =
    folder === undefined ? 'usage: node bench/rca/run.ts DIR [--json] [--fit]' : whatIsMissing(folder)
  if (folder === undefined || problem !== null) {
    process.stderr.write(`${problem ?? ''}\n`)
    return 2
  }
  const settings = shippedSettings()
  const { extracted, predictions } = await readAll(folder, settings)
  predictions.set('leave one data set out', leaveOneOut(extracted))
  if (process.argv.includes('--fit')) console.log(toYaml(...fitAll(extracted)))
  const table = scoresOf(predictions)
  if (process.argv.includes('--json')) console.log(JSON.stringify(table, null, 1))
  else printScores(table)
  return 0
}

function shippedSettings(): RcaSettings {
  const path = fileURLToPath(new URL('../../config/rca.yaml', import.meta.url))
  return rcaSchema.parse(parse(readFileSync(path, 'utf8')))
}

async function readAll(
  folder: string,
  settings: RcaSettings,
): Promise<{ extracted: Extracted[]; predictions: Map<string, Prediction[]> }> {
  const extracted: Extracted[] = []
  const predictions = new Map<string, Prediction[]>([
    ['as shipped', []],
    ['NSigma', []],
    ['latest release', []],
  ])
  for await (const one of benchCases(folder)) {
    const shipped = predictShipped(one, settings)
    predictions.get('as shipped')?.push(shipped)
    predictions.get('NSigma')?.push(predictBaseline(one, nSigma))
    predictions.get('latest release')?.push(predictBaseline(one, latestRelease))
    const { candidates } = extractCandidates(one.incidentCase, settings)
    const { abstained } = rankCase(one.incidentCase, { ...settings, abstainBelow: 0 })
    extracted.push({
      id: one.id,
      dataset: one.dataset,
      answer: one.answer,
      candidates,
      abstained: abstained !== null,
    })
  }
  return { extracted, predictions }
}

function predictShipped({ incidentCase, loadMs, ...one }: BenchCase, settings: RcaSettings): Prediction {
  const started = performance.now()
  const { ranked, abstained } = rankCase(incidentCase, settings)
  return {
    ...one,
    services: abstained === null ? ranked.map(({ service }) => service) : [],
    change: abstained === null ? (ranked.find(({ change }) => change !== null)?.change?.id ?? null) : null,
    confidence: ranked[0]?.confidence ?? null,
    ms: loadMs + performance.now() - started,
  }
}

function predictBaseline(
  { incidentCase, loadMs, ...one }: BenchCase,
  method: (incidentCase: BenchCase['incidentCase']) => BaselineRanking,
): Prediction {
  const started = performance.now()
  return { ...one, ...method(incidentCase), confidence: null, ms: loadMs + performance.now() - started }
}

/** Every data set predicted by weights and a calibration that never saw a case of it. */
function leaveOneOut(extracted: readonly Extracted[]): Prediction[] {
  const datasets = [...new Set(extracted.map(({ dataset }) => dataset))]
  return datasets.flatMap((dataset) => {
    const [weights, calibration] = fitAll(extracted.filter((one) => one.dataset !== dataset))
    return extracted
      .filter((one) => one.dataset === dataset)
      .map((one) => predictFitted(one, weights, calibration))
  })
}

/** Weights on all cases given; the calibration on what weights without the case's own data set say. */
function fitAll(extracted: readonly Extracted[]): [Weights, Calibration] {
  const cases = (some: readonly Extracted[]): FitCase[] =>
    some.filter(({ answer }) => answer.negative !== true).map(toFitCase)
  const fit = (some: readonly Extracted[]): Weights =>
    fitWeights(cases(some), { prior: PRIOR, ridge: RIDGE, rounds: ROUNDS })
  const datasets = [...new Set(extracted.map(({ dataset }) => dataset))]
  const judged = datasets.flatMap((dataset) => {
    const weights = fit(extracted.filter((one) => one.dataset !== dataset))
    return extracted
      .filter((one) => one.dataset === dataset && !one.abstained)
      .map((one) => judge(one, weights))
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

function judge({ dataset, candidates, answer }: Extracted, weights: Weights): Judged {
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
  }
}

function scoresOf(
  predictions: ReadonlyMap<string, readonly Prediction[]>,
): Record<string, Record<string, Scores>> {
  const table: Record<string, Record<string, Scores>> = {}
  for (const [method, all] of predictions) {
    for (const [dataset, own] of Map.groupBy(all, (one) => one.dataset))
      (table[dataset] ??= {})[method] = scorePredictions(own)
    ;(table['all data sets'] ??= {})[method] = scorePredictions(all)
  }
  return table
}
