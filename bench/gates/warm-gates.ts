/**
 * How long a person waits for the gates: on each service of the sample system its fix goes through all seven, round after
 * round. The first round is cold, the others are warm.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildRepositories } from '../../demo/shop/build-repositories.ts'
import { openTools } from '../../src/commands/gates.ts'
import { loadSettings } from '../../src/config/load.ts'
import { readYaml } from '../../src/config/read-yaml.ts'
import { servicesSchema } from '../../src/config/schema/services.ts'
import { SecretlintScanner } from '../../src/integrations/analysers/secretlint-scanner.ts'
import { GitCheckouts } from '../../src/integrations/git/worktrees.ts'
import type { GateReport, Patch } from '../../src/pipeline/contracts.ts'
import { evaluateGates } from '../../src/pipeline/gates/evaluate-gates.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import { sampleFixes, type SampleFix } from './sample-fixes.ts'
import { patchOf } from './write-fix.ts'

const USAGE = `npm run bench:gates -- [--rounds N] [--service NAME] [--json FILE]

  --rounds N       how often each fix is judged, 5 times by default; the first is the cold one
  --service NAME   only this service
  --json FILE      writes down what was measured, gate by gate
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    service: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help === true) {
  process.stdout.write(USAGE)
  process.exit(0)
}

interface Measured {
  readonly service: string
  readonly round: number
  readonly passed: boolean
  readonly durationMs: number
  readonly gatesMs: Readonly<Record<string, number>>
}

const directory = mkdtempSync(join(tmpdir(), 'ccp-gates-'))
const settings = loadSettings(['gates'], {}).gates
const tools = openTools(settings, [])
const measured: Measured[] = []
try {
  const repositories = await buildRepositories(directory, Date.now())
  const services = readServices(directory)
  for (const fix of sampleFixes.filter(
    ({ service }) => values.service === undefined || service === values.service,
  )) {
    const service = services.find(({ name }) => name === fix.service)
    if (service === undefined) throw new Error(`demo/config/services.yaml lacks ${fix.service}`)
    const patch = await patchOf(fix, service, repositories[fix.service].commits.deployed)
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      const one = told(fix, round, await judge(patch, service))
      measured.push(one)
      process.stdout.write(`${lineOf(one)}\n`)
    }
  }
} finally {
  await tools.close()
  rmSync(directory, { recursive: true, force: true })
}
process.stdout.write(`\n${summaryOf(measured)}`)
if (!measured.every(({ passed }) => passed)) process.exitCode = 1
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(measured, null, 2))

function readServices(repositories: string): readonly ServiceDefinition[] {
  const file = join(import.meta.dirname, '../../demo/config/services.yaml')
  const place = 'http://127.0.0.1:1'
  const names = ['OUTSIDE', 'CHECKOUT', 'PAYMENT', 'INVENTORY', 'SHIPPING', 'LOYALTY']
  const urls = Object.fromEntries(names.map((name) => [`SHOP_${name}_URL`, place]))
  const environment = { SHOP_REPOSITORIES: repositories, SHOP_NODE: process.execPath, ...urls }
  const read = readYaml(file, file, servicesSchema, environment)
  if (read.kind === 'problems') throw new Error(read.problems.map(({ message }) => message).join('; '))
  return read.value
}

async function judge(patch: Patch, service: ServiceDefinition): Promise<GateReport> {
  const outcome = await evaluateGates(patch, {
    checkouts: new GitCheckouts(),
    sandbox: tools.sandbox,
    analysers: tools.analysers,
    secretScanner: new SecretlintScanner(),
    settings,
    service,
    dependents: 0,
    confidence: 0.8,
    confidenceBasis: 'given',
    nowMs: () => Date.now(),
  })
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  for (const { gate, status, summary } of outcome.value.results)
    if (status !== 'passed') process.stdout.write(`  ${gate} ${status}: ${summary}\n`)
  return outcome.value
}

function told({ service }: SampleFix, round: number, report: GateReport): Measured {
  const gatesMs = Object.fromEntries(report.results.map(({ gate, durationMs }) => [gate, durationMs]))
  return { service, round, passed: report.passed, durationMs: report.durationMs, gatesMs }
}

function lineOf({ service, round, passed, durationMs, gatesMs }: Measured): string {
  const slow = Object.entries(gatesMs).filter(([, ms]) => ms > 50)
  const parts = slow.map(([gate, ms]) => `${gate} ${ms}`).join(', ')
  return `${service.padEnd(9)} round ${round}: ${passed ? 'passed' : 'NOT PASSED'} in ${durationMs} ms (${parts})`
}

function summaryOf(all: readonly Measured[]): string {
  const row = (cells: readonly string[]) => `${cells.map((cell) => cell.padStart(12)).join('')}\n`
  const rows = [...Map.groupBy(all, ({ service }) => service)].map(([service, rounds]) => {
    const [cold, ...warm] = rounds.map(({ durationMs }) => durationMs)
    const sorted = warm.toSorted((a, b) => a - b)
    const told = [cold, sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)]
    return row([service, ...told.map((ms) => (ms === undefined ? 'none' : String(ms)))])
  })
  return row(['ms', 'cold', 'warm median', 'warm worst']) + rows.join('')
}
