import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toCcpError } from '../src/pipeline/errors.ts'
import { obstacleTo } from './obstacle.ts'
import { keepCase } from './keep-case.ts'
import { approveAndWait, Operator } from './operator.ts'
import { NO_OUTCOME, outcomeOf, type Outcome } from './outcome.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { startDemo, type Demo, type DemoOptions } from './start-demo.ts'
import { summary, type Played } from './summary.ts'

export interface DemoRun {
  readonly options: DemoOptions
  readonly scenarios: readonly Scenario[]
  /** How often the whole list is run. */
  readonly repeat: number
  readonly keep: boolean
  readonly json: boolean
}

type Start = (options: DemoOptions) => Promise<Demo>

/** Longer than everything that a scenario may wait for: one that hangs is a miss, and the next has its turn. */
const LIMIT_MS = 600_000

/**
 * Runs the scenarios one after the other with scripted clicks, the whole list `repeat` times; 0 when all ended as expected.
 * A scenario that fails, in whatever way, is a miss with its reason on standard error, and never stops the others. One that
 * needs what this machine lacks is passed over by name, and is a miss where it was asked for alone or CCP_REQUIRE_ALL is 1.
 */
export async function runHeadless(
  run: DemoRun,
  start: Start = startDemo,
  obstacle: typeof obstacleTo = obstacleTo,
): Promise<number> {
  const played: Played[] = []
  for (let round = 1; round <= run.repeat; round += 1) {
    for (const scenario of run.scenarios) {
      const directory = join(run.options.directory, `${played.length + 1}-${scenario.name}`)
      const reason = await obstacle(scenario)
      const one =
        reason === null
          ? { round, ...(await runOne(scenario, { ...run.options, directory }, start)) }
          : { round, ...passedOver(scenario, reason, run) }
      played.push(one)
      tell(one, run)
      if (one.miss === null && !run.keep) rmSync(join(directory, 'shop'), { recursive: true, force: true })
    }
  }
  if (played.length > 1) run.options.say(summary(played))
  return played.every(({ miss }) => miss === null) ? 0 : 1
}

function tell({ outcome, miss, round }: Played, { json, repeat, options }: DemoRun): void {
  process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : words(outcome))
  if (miss === null) return
  const when = repeat > 1 ? ` in round ${round}` : ''
  options.say(`MISS: ${outcome.scenario}${when}: ${miss}; ${outcome.transcript}`)
}

/** What one scenario came to; `miss` says why it is not what was expected. Never rejects. */
async function runOne(
  scenario: Scenario,
  options: DemoOptions,
  start: Start,
): Promise<Omit<Played, 'round'>> {
  const transcript = join(options.directory, 'transcript.md')
  const faults: string[] = []
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    await work().catch((thrown: unknown) => void faults.push(toCcpError(thrown).message))
  }
  let ended = { outcome: nothing(scenario, transcript), why: '' }
  await attempt(async () => {
    mkdirSync(options.directory, { recursive: true })
    const demo = await start(options)
    await attempt(() => withinLimit(play(demo, scenario, options)))
    await attempt(async () => writeFileSync(transcript, demo.workspace.transcript()))
    await attempt(() => demo.close())
    ended = outcomeOf(scenario, demo.database, transcript)
    await attempt(() => keepCase(scenario, demo.database, options.directory))
  })
  const { outcome, why } = ended
  const asExpected = outcome.outcome === outcome.expected && outcome.audit.valid
  for (const fault of asExpected ? faults : []) options.say(`${scenario.name}: ${fault}`)
  return {
    outcome,
    miss: asExpected ? null : [...failings(outcome), ...faults, why].filter(Boolean).join('; '),
  }
}

function passedOver(scenario: Scenario, obstacle: string, run: DemoRun): Omit<Played, 'round'> {
  run.options.say(`${scenario.name} is passed over: ${obstacle}`)
  const isMiss = run.scenarios.length === 1 || process.env['CCP_REQUIRE_ALL'] === '1'
  const outcome = { ...nothing(scenario, ''), outcome: 'skipped', skipped: obstacle }
  return { outcome, miss: isMiss ? obstacle : null }
}

function failings({ outcome, expected, audit }: Outcome): readonly string[] {
  const ended = outcome === expected ? [] : [`${outcome}, where ${expected} was expected`]
  return audit.valid || outcome === NO_OUTCOME.outcome ? ended : [...ended, 'the audit chain does not hold']
}

function nothing(scenario: Scenario, transcript: string): Outcome {
  return { scenario: scenario.name, expected: scenario.expected, ...NO_OUTCOME, transcript }
}

/** Breaks the shop and lets the scripted people do their part until the thread's end. */
async function play(demo: Demo, scenario: Scenario, options: DemoOptions): Promise<void> {
  options.say(`${scenario.name}: healthy traffic first, then: ${scenario.description}`)
  options.say(`paged: ${await demo.breakShop(scenario)}`)
  await (scenario.operate ?? approveAndWait)(new Operator(demo, options.say))
}

async function withinLimit(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`it did not end within ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function words(told: Outcome): string {
  const { scenario, outcome, expected, pipelineMs, evidenceMs, audit, transcript, skipped } = told
  if (skipped !== undefined) return `${scenario}: skipped. ${skipped}\n`
  const verdict = outcome === expected ? outcome : `${outcome}, where ${expected} was expected`
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  return `${scenario}: ${verdict}; work ${seconds(pipelineMs)}, evidence ${seconds(evidenceMs)}; audit ${audit.rows} rows, ${audit.valid ? 'valid' : 'NOT VALID'}; ${transcript}\n`
}
