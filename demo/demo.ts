import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareMachine } from '../scripts/prepare-machine.ts'
import { toCcpError } from '../src/pipeline/errors.ts'
import { runHeadless } from './run-headless.ts'
import { runInteractive } from './run-interactive.ts'
import { scenarios } from './scenarios/all.ts'
import { startDemo, type DemoOptions } from './start-demo.ts'

const USAGE = `npm run demo -- [options]

  A local Slack, PagerDuty and mail server, a shop with a fault in it, and the bot, on this machine alone.

  --scenario NAME   ${scenarios.map(({ name }) => name).join(', ')} or all (default: the first)
  --port N          port of the page (default 4747; 0 picks one)
  --headless        no page to look at: scripted clicks, and the end is printed
  --repeat N        with --headless: the whole list N times, and a summary at the end
  --json            with --headless: one JSON line for each scenario, progress on standard error
  --rps N           orders per second (default 100)
  --keep            keep the run's folder under .ccp/demo
  --help
`

/** `npm run demo`. Exits 0 when every scenario ended as expected, 1 when one did not, 2 on bad input. */
async function main(): Promise<number> {
  const { values } = parse()
  if (values.help === true) {
    process.stdout.write(USAGE)
    return 0
  }
  const chosen =
    values.scenario === 'all' ? scenarios : scenarios.filter(({ name }) => name === values.scenario)
  if (chosen.length === 0) return refuse(`there is no scenario ${values.scenario}`)
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  const options = await optionsFrom(values, say)
  const repeat = Math.max(1, wholeNumber(values.repeat, '--repeat'))
  const run = { options, scenarios: chosen, repeat, keep: values.keep === true, json: values.json === true }
  return values.headless === true ? runHeadless(run) : runInteractive(run, startDemo)
}

function parse() {
  return parseArgs({
    options: {
      scenario: { type: 'string', default: scenarios[0]?.name ?? '' },
      port: { type: 'string', default: '4747' },
      rps: { type: 'string', default: '100' },
      repeat: { type: 'string', default: '1' },
      headless: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
}

type Values = ReturnType<typeof parse>['values']

async function optionsFrom(values: Values, say: (text: string) => void): Promise<DemoOptions> {
  const lacking = await prepareMachine({ need: ['git', 'python3', 'bubblewrap'] })
  const missing = new Map(lacking.missing.map(({ tool, mend }) => [tool, mend]))
  for (const tool of ['git', 'python3'] as const) {
    const mend = missing.get(tool)
    if (mend !== undefined) throw new Error(`the demo needs ${tool}: ${mend}`)
  }
  const unconfined = missing.has('bubblewrap')
  if (unconfined)
    say("bubblewrap is not here: the demo runs its own sample's tests unconfined and says so in the gates")
  const directory = join(process.cwd(), '.ccp', 'demo', new Date().toISOString().replaceAll(':', '-'))
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return {
    directory,
    port: values.headless === true ? 0 : wholeNumber(values.port, '--port'),
    requestsPerSecond: wholeNumber(values.rps, '--rps'),
    healthyMs: 12_000,
    unconfined,
    say,
  }
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new Error(`${option} takes a whole number, not ${text}`)
}

function refuse(text: string): number {
  process.stderr.write(`demo: ${text}\n\n${USAGE}`)
  return 2
}

try {
  process.exitCode = await main()
} catch (thrown) {
  const error = toCcpError(thrown)
  process.stderr.write(`demo: ${error.message}${error.mend === null ? '' : `\n  mend: ${error.mend}`}\n`)
  process.exitCode = 2
}
