import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { approveAndWait, Operator } from './operator.ts'
import { outcomeOf, type Outcome } from './outcome.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { startDemo, type Demo, type DemoOptions } from './start-demo.ts'

export interface DemoRun {
  readonly options: DemoOptions
  readonly scenarios: readonly Scenario[]
  readonly keep: boolean
  readonly json: boolean
}

/** Runs the scenarios one after the other with scripted clicks; 0 when all ended as expected. */
export async function runHeadless(run: DemoRun): Promise<number> {
  let missed = 0
  for (const [i, scenario] of run.scenarios.entries()) {
    const directory = join(run.options.directory, `${i + 1}-${scenario.name}`)
    const outcome = await runOne(scenario, { ...run.options, directory })
    process.stdout.write(run.json ? `${JSON.stringify(outcome)}\n` : words(outcome))
    if (outcome.outcome !== outcome.expected) missed += 1
    else if (!run.keep) rmSync(join(directory, 'shop'), { recursive: true, force: true })
  }
  return missed === 0 ? 0 : 1
}

async function runOne(scenario: Scenario, options: DemoOptions): Promise<Outcome> {
  const transcript = join(options.directory, 'transcript.md')
  const demo = await startDemo(options)
  try {
    await play(demo, scenario, options)
  } catch (error) {
    options.say(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    writeFileSync(transcript, demo.workspace.transcript())
    await demo.close()
  }
  return outcomeOf(scenario, demo.database, transcript)
}

/** Breaks the shop and lets the scripted people do their part until the thread's end. */
async function play(demo: Demo, scenario: Scenario, options: DemoOptions): Promise<void> {
  options.say(`${scenario.name}: healthy traffic first, then: ${scenario.description}`)
  options.say(`paged: ${await demo.breakShop(scenario)}`)
  await (scenario.operate ?? approveAndWait)(new Operator(demo, options.say))
}

function words({ scenario, outcome, expected, pipelineMs, evidenceMs, audit, transcript }: Outcome): string {
  const verdict = outcome === expected ? outcome : `${outcome}, where ${expected} was expected`
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  return `${scenario}: ${verdict}; work ${seconds(pipelineMs)}, evidence ${seconds(evidenceMs)}; audit ${audit.rows} rows, ${audit.valid ? 'valid' : 'NOT VALID'}; ${transcript}\n`
}
