import { parseArgs } from 'node:util'
import type { RcaSettings } from '../../src/pipeline/rca/settings.ts'
import { calibrationOf, printCalibration } from './calibration.ts'
import { whatIsMissing } from './cases.ts'
import { methodVariants } from './method-variants.ts'
import { fitAll, leaveOneOut } from './leave-one-out.ts'
import { readAll, SHIPPED } from './predict.ts'
import { printScores, printTimes, toYaml } from './print.ts'
import { shippedSettings } from './settings.ts'
import { scorePredictions, type Prediction, type Scores } from './scores.ts'

const LEFT_OUT = 'leave one data set out'

const USAGE = `npm run bench:rca -- [CASES] [--recorded DIR] [--methods] [--json] [--fit]

  CASES            folder of the development cases: index.json, answers.json and <id>.json.gz (or CCP_BENCH_CASES)
  --recorded DIR   the same of recorded incidents, exported by \`ccp replay ID --export DIR\` or by headless runs of
                   the demo (or CCP_BENCH_RECORDED); they are ranked as shipped and never fitted to
  --methods        rank by each other \`deviation.method\` as well, with the weights and the calibration as shipped
  --json           print the scores as JSON
  --fit            print weights and calibration fitted to all development cases, for config/rca.yaml`

process.exitCode = await main()

async function main(): Promise<number> {
  const { cases, recorded, methods, json, fit, help } = chosen()
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
  const variants = methods ? methodVariants(settings) : new Map<string, RcaSettings>()
  const development =
    cases === undefined ? new Map<string, Prediction[]>() : await judge(cases, { settings, variants, fit })
  const own = recorded === undefined ? null : (await readAll(recorded, settings, variants)).predictions
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
    printTimes(timesOf(development.get(SHIPPED) ?? []))
  }
  return 0
}

function chosen() {
  const options = {
    recorded: { type: 'string' },
    methods: { type: 'boolean', default: false },
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

interface Judging {
  readonly settings: RcaSettings
  readonly variants: ReadonlyMap<string, RcaSettings>
  readonly fit: boolean
}

async function judge(
  folder: string,
  { settings, variants, fit }: Judging,
): Promise<Map<string, Prediction[]>> {
  const { extracted, predictions } = await readAll(folder, settings, variants)
  predictions.set(LEFT_OUT, leaveOneOut(extracted))
  if (fit) console.log(toYaml(...fitAll(extracted)))
  return predictions
}

function scoresOf(
  predictions: ReadonlyMap<string, readonly Prediction[]>,
): Record<string, Record<string, Scores>> {
  const table: Record<string, Record<string, Scores>> = {}
  for (const [method, all] of predictions) {
    for (const [dataset, own] of Map.groupBy(all, (one) => one.dataset))
      (table[dataset] ??= {})[method] = scorePredictions(own)
  }
  if (Object.keys(table).length < 2) return table
  // Beside one another only what answered the same cases.
  const cases = Math.max(...[...predictions.values()].map(({ length }) => length))
  const everywhere = [...predictions].filter(([, all]) => all.length === cases)
  return {
    ...table,
    'all data sets': Object.fromEntries(everywhere.map(([method, all]) => [method, scorePredictions(all)])),
  }
}

function timesOf(shipped: readonly Prediction[]): Record<string, Scores> {
  const groups = Map.groupBy(shipped, ({ metricsAlone }) =>
    metricsAlone === true ? 'metrics alone' : 'with logs or spans',
  )
  return Object.fromEntries([...groups].map(([what, own]) => [what, scorePredictions(own)]))
}
