import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findButton, press } from './act-script.ts'
import { outcomeOf, type Outcome } from './outcome.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { startDemo, type Demo, type DemoOptions } from './start-demo.ts'

export interface DemoRun {
  readonly options: DemoOptions
  readonly scenarios: readonly Scenario[]
  readonly keep: boolean
  readonly json: boolean
}

const APPROVAL_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 120_000
/** A person reads before approving; the script does not pretend to. */
const ON_CALL = 'UONCALL001'

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

/** Breaks the shop, approves when asked, and waits for the thread's end. */
async function play(demo: Demo, scenario: Scenario, options: DemoOptions): Promise<void> {
  options.say(`${scenario.name}: healthy traffic first, then: ${scenario.description}`)
  options.say(`paged: ${await demo.breakShop(scenario)}`)
  const asked = await Promise.race([
    press(demo, ON_CALL, 'approve', APPROVAL_TIMEOUT_MS).then(() => true),
    untilEnded(demo).then(() => false),
  ])
  if (!asked) return
  options.say('approved by the on-call engineer')
  await untilEnded(demo)
}

/** The thread's last message, and the page: resolved, or with the note that hands over. */
async function untilEnded(demo: Demo): Promise<void> {
  const { workspace } = demo
  const channel = workspace.channels[0]?.id ?? ''
  const told = () =>
    workspace.messages(channel).some(({ blocks }) => ENDED.test(JSON.stringify(blocks ?? [])))
  const paged = () => {
    const page = workspace.pagerduty.incidents().at(-1)
    return page !== undefined && workspace.pagerduty.notes(page.id).length > 0
  }
  // The last edits travel at Slack's pace: the thread has settled once it offers nothing that is over.
  const settled = () => ['pause', 'rollBack', 'approve'].every((action) => findButton(demo, action) === null)
  await workspace.waitFor(() => told() && paged() && settled(), END_TIMEOUT_MS, 'the end of the incident')
}

const ENDED = /Resolved after|Handed over to a person/

function words({ scenario, outcome, expected, pipelineMs, evidenceMs, audit, transcript }: Outcome): string {
  const verdict = outcome === expected ? outcome : `${outcome}, where ${expected} was expected`
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  return `${scenario}: ${verdict}; work ${seconds(pipelineMs)}, evidence ${seconds(evidenceMs)}; audit ${audit.rows} rows, ${audit.valid ? 'valid' : 'NOT VALID'}; ${transcript}\n`
}
