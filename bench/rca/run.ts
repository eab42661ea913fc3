import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
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
import { calibrationOf, printCalibration } from './calibration.ts'
import { benchCases, whatIsMissing, type Answer, type BenchCase } from './cases.ts'
import { fitCalibration, type Calibration, type Judged } from './fit-calibration.ts'
import { fitWeights, type FitCase, type Weights } from './fit-weights.ts'
import { PRIOR } from './prior.ts'
import { printScores, toYaml } from './print.ts'
import { scorePredictions, type Prediction, type Scores } from './scores.ts'

const SHIPPED = 'as shipped'
const LEFT_OUT = 'leave one data set out'
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

const USAGE = `npm run bench:rca -- [CASES] [--recorded DIR] [--json] [--fit]

  CASES            folder of the development cases: index.json, answers.json and <id>.json.gz (or CCP_BENCH_CASES)
  --recorded DIR   the same of recorded incidents, exported by \`ccp replay ID --export DIR\` or by headless runs of
                   the demo (or CCP_BENCH_RECORDED); they are ranked as shipped and never fitted to
  --json           print the scores as JSON
  --fit            print weights and calibration fitted to all development cases, for config/rca.yaml`

process.exitCode = await main()

async function main(): Promise<number> {
  const { cases, recorded, json, fit, help } = chosen()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const folders = [cases, recorded].filter((folder) => folder !== undefined)
  const problems = folders.map(whatIsMissing).filter((problem) => problem !== null)
  if (folders.length === 0 || problems.length > 0) {
    const missing = folders.length === 0 ? ['no folder of cases is named'] : problems
    process.stderr.write(`${missing.join('\n')}\n\n${USAGE}\n`)
    return 2
  }
  const settings = shippedSettings()
  const development =
    cases === undefined ? new Map<string, Prediction[]>() : await judge(cases, settings, fit)
  const own = recorded === undefined ? null : (await readAll(recorded, settings)).predictions
  const tables = [scoresOf(development), ...(own === null ? [] : [scoresOf(own)])]
  const calibrated = {
    'development cases, own data set left out': development.get(LEFT_OUT) ?? [],
    'development cases, as shipped': development.get(SHIPPED) ?? [],
    'recorded cases, as shipped': own?.get(SHIPPED) ?? [],
  }
  if (json) console.log(JSON.stringify({ scores: tables, calibration: calibrationOf(calibrated) }, null, 1))
  else {
    tables.forEach(printScores)
    printCalibration(calibrationOf(calibrated))
  }
  return 0
}

function chosen() {
  const options = {
    recorded: { type: 'string' },
    json: { type: 'boolean', default: false },
    fit: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const named = (variable: string): string | undefined => process.env[variable] || undefined
  return {
    ...values,
    cases: positionals[0] ?? named('CCP_BENCH_CASES'),
    recorded: values.recorded ?? named('CCP_BENCH_RECORDED'),
  }
}

async function judge(
  folder: string,
  settings: RcaSettings,
  fit: boolean,
): Promise<Map<string, Prediction[]>> {
  const { extracted, predictions } = await readAll(folder, settings)
  predictions.set(LEFT_OUT, leaveOneOut(extracted))
  if (fit) console.log(toYaml(...fitAll(extracted)))
  return predictions
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
    [SHIPPED, []],
    ['NSigma', []],
    ['latest release', []],
  ])
  for await (const one of benchCases(folder)) {
    const shipped = predictShipped(one, settings)
    predictions.get(SHIPPED)?.push(shipped)
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
  }
}

function scoresOf(
  predictions: ReadonlyMap<string, readonly Prediction[]>,
): Record<string, Record<string, Scores>> {
  const table: Record<string, Record<string, Scores>> = {}
  for (const [method, all] of predictions) {
    for (const [dataset, own] of Map.groupBy(all, (one) => one.dataset))
      (table[dataset] ??= {})[method] = scorePredictions(own)
    if (Object.keys(table).length > 1) (table['all data sets'] ??= {})[method] = scorePredictions(all)
  }
  return table
}
