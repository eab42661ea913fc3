import { rmSync } from 'node:fs'
import { isOver, recordOfPage, statusOf } from './incident-status.ts'
import { isReady, obstacleTo } from './obstacle.ts'
import type { DemoRun } from './run-headless.ts'
import { scenarios } from './scenarios/all.ts'
import type { Scenario } from './scenarios/scenario.ts'
import type { Demo, DemoOptions, startDemo } from './start-demo.ts'

/** Shows the page and runs the first scenario by itself; the buttons are the visitor's. Ends on Ctrl-C. */
export async function runInteractive(run: DemoRun, start: typeof startDemo): Promise<number> {
  const ended = stopped()
  const demo = await start(run.options)
  const show = oneAtATime(demo, run.options)
  demo.workspace.onControl((id) => {
    const scenario = scenarios.find(({ name }) => name === id)
    if (scenario !== undefined) show(scenario)
  })
  process.stdout.write(welcome(demo))
  const [first] = run.scenarios
  if (first !== undefined) show(first)
  await ended
  run.options.say('stopping')
  await demo.close()
  if (!run.keep) rmSync(run.options.directory, { recursive: true, force: true })
  return 0
}

function welcome({ workspace }: Demo): string {
  const channel = workspace.channels[0]?.name ?? ''
  return [
    '',
    `  Open  ${workspace.url}`,
    '',
    `  1. In some seconds a faulty release of the sample shop goes out and PagerDuty pages; a message comes in #${channel}.`,
    '  2. Open its thread: what broke, the line at fault, the fix and its gates. Then press Approve (or Reject).',
    '  3. Watch the canary; pause it or roll it back if you like. It ends resolved, or handed over with the reason.',
    '',
    '  The line on top of the page says what happens now and whose turn it is.',
    '  "Act as", lower left: the on-call engineer, a lead, or a visitor whose clicks are refused.',
    '  "Demo", on the left edge: run it again. "PagerDuty" and "Mail": what was sent there.',
    '  Ctrl-C here ends it. Nothing leaves this machine.',
    '',
    '',
  ].join('\n')
}

/** The incident shown last: its status line is followed until the next one is shown. */
interface Shown {
  readonly scenario: Scenario
  /** Null until PagerDuty has paged. */
  pagerdutyId: string | null
  failed: boolean
}

/** Starts a scenario, or throws the sentence why it cannot be started now. */
function oneAtATime(demo: Demo, options: DemoOptions): (scenario: Scenario) => void {
  let last: Shown | null = null
  return (scenario) => {
    if (last !== null) refuseWhileRunning(demo, last)
    const shown: Shown = { scenario, pagerdutyId: null, failed: false }
    last = shown
    play(demo, shown, options)
      .then((pagerdutyId) => follow(demo, options, { pagerdutyId, isCurrent: () => last === shown }))
      .catch((error: unknown) => {
        shown.failed = true
        const text = error instanceof Error ? error.message : String(error)
        demo.workspace.setStatus(`The scenario could not run: ${text}`, 'bad')
        options.say(text)
      })
  }
}

function refuseWhileRunning(demo: Demo, { scenario, pagerdutyId, failed }: Shown): void {
  if (failed) return
  if (pagerdutyId === null)
    throw new Error(`${scenario.title} is being started: watch the line on top of the page.`)
  const record = recordOfPage(demo.database, pagerdutyId)
  if (record === null || !isOver(record))
    throw new Error(
      `${scenario.title} is still running: approve, reject or roll it back in its thread first.`,
    )
}

/** Breaks the healthy shop and waits for the page; answers its id. */
async function play(demo: Demo, shown: Shown, { say, requestsPerSecond }: DemoOptions): Promise<string> {
  const { workspace } = demo
  const { scenario } = shown
  if (!(await isReady(scenario))) await prepare(demo, scenario)
  workspace.setStatus(
    `The shop is healthy at ${requestsPerSecond} orders a second. A faulty release goes out soon.`,
    'busy',
  )
  await demo.restoreShop()
  const before = workspace.pagerduty.incidents().length
  const title = await demo.breakShop(scenario, () => {
    say(`released: ${scenario.description}`)
    workspace.setStatus(
      'A release just went out and orders begin to fail. PagerDuty is about to page.',
      'bad',
    )
  })
  const page = await workspace.waitFor(
    () => workspace.pagerduty.incidents()[before],
    PAGE_TIMEOUT_MS,
    'the page in PagerDuty',
  )
  say(`paged: ${title}`)
  workspace.setStatus('Paged. The bot opens a thread in #incidents.', 'bad')
  shown.pagerdutyId = page.id
  return page.id
}

/** Throws the sentence why the scenario cannot run here. */
async function prepare({ workspace }: Demo, scenario: Scenario): Promise<void> {
  const needs = (scenario.needs ?? []).join(' and ')
  workspace.setStatus(`This scenario needs ${needs}: it is being installed, where it may be.`, 'busy')
  const obstacle = await obstacleTo(scenario)
  if (obstacle !== null) throw new Error(obstacle)
}

interface Following {
  readonly pagerdutyId: string
  readonly isCurrent: () => boolean
}

/** The status line follows the incident, so that a newcomer always knows what is going on and whose turn it is. */
async function follow(
  demo: Demo,
  { say }: DemoOptions,
  { pagerdutyId, isCurrent }: Following,
): Promise<void> {
  let told = ''
  const tell = (): boolean => {
    if (!isCurrent()) return true
    const record = recordOfPage(demo.database, pagerdutyId)
    if (record === null) return false
    const { text, tone } = statusOf(record)
    if (text !== told) {
      told = text
      demo.workspace.setStatus(text, tone)
      say(text)
    }
    // A hand-over may be taken up again in the thread, so it goes on being followed.
    return record.state === 'RESOLVED' || record.state === 'CLOSED'
  }
  await demo.workspace.waitFor(tell, FOR_EVER_MS, 'the end of the incident')
}

const PAGE_TIMEOUT_MS = 30_000
/** A person may take as long as they like: the longest that a timer holds. */
const FOR_EVER_MS = 2 ** 31 - 1

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
