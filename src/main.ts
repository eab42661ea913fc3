#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { REPLAY_FORMAT } from './commands/replay/replay-format.ts'
import { VERIFY_FORMAT } from './commands/verify-format.ts'
import { loadSettings, readVariable } from './config/load.ts'
import { CcpError } from './pipeline/errors.ts'
import { MOST_HOPS } from './pipeline/signals/service-graph.ts'

/** The command line. Answers are JSON on standard output; exit 0 done, 1 a negative answer, 2 bad input. */
const EXIT_BAD_INPUT = 2
const USUAL_HOPS = 3

const write = (line: string): void => void process.stdout.write(`${line}\n`)

function program(): Command {
  const ccp = new Command('ccp')
    .description(
      'Takes an incident from the page to a verified fix, in a Slack thread, with a person holding the brake.',
    )
    .addHelpText(
      'after',
      '\nAnswers are JSON on standard output. Exit codes: 0 done, 1 a negative answer, 2 bad input or configuration.',
    )
    .exitOverride()
    .configureOutput({ outputError: (text, print) => print(text) })

  ccp
    .command('start')
    .description(
      'run the bot against Slack and PagerDuty; configured by the environment (.env.example) and config/*.yaml',
    )
    .action(async () => {
      const { startCommand } = await import('./commands/start.ts')
      await startCommand(process.env, write)
    })

  ccp
    .command('demo')
    .description('a local Slack, PagerDuty and a shop with a fault in it; see `npm run demo -- --help`')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[options...]')
    .action((options: string[]) => demo(options))

  ccp
    .command('incidents')
    .description('what the journal knows, newest first, one JSON line each; with an id the whole record')
    .argument('[id]', 'incident id')
    .option('--open', 'only those that are open', false)
    .option('--limit <n>', 'at most this many', positive, 50)
    .option('--database <file>', 'the journal', readVariable('CCP_DATABASE', process.env))
    .action(async (id: string | undefined, options: { open: boolean; limit: number; database: string }) => {
      const { incidentsCommand } = await import('./commands/incidents.ts')
      const { open: openOnly, limit, database } = options
      process.exitCode = incidentsCommand({ database, incidentId: id ?? null, openOnly, limit }, write)
    })

  ccp
    .command('outcomes')
    .description(
      'what became of the fixes, one JSON line for each template and strategy: worked, failed, confidence now',
    )
    .option('--database <file>', 'the journal', readVariable('CCP_DATABASE', process.env))
    .action(async (options: { database: string }) => {
      const { outcomesCommand } = await import('./commands/outcomes.ts')
      const { fixTemplates, planning } = loadSettings(['fixTemplates', 'planning'], process.env)
      process.exitCode = outcomesCommand(options.database, { templates: fixTemplates, planning }, write)
    })

  addGraph(ccp)
  addReplay(ccp)
  addAudit(ccp)
  addTemplates(ccp)
  addStages(ccp)
  return ccp
}

interface GraphFlags {
  readonly service?: string
  readonly depth?: number
  readonly json: boolean
}

function addGraph(ccp: Command): void {
  ccp
    .command('graph')
    .description(
      'who calls whom as the bot knows it, with who saw each call and when; text, or one JSON object with --json',
    )
    .option('--service <name>', 'only the calls that lead to this service, and those that lead on from it')
    .option('--depth <n>', `with --service: calls in a row, 1 to ${MOST_HOPS} (default: ${USUAL_HOPS})`, hops)
    .option('--json', 'for machines', false)
    .addHelpText(
      'after',
      '\nRead from Neo4j where NEO4J_URL is set and it answers, else from what the bot kept last in CCP_DATA_DIR; the first line says which.',
    )
    .action(async ({ service, depth, json }: GraphFlags) => {
      if (depth !== undefined && service === undefined)
        throw new CcpError('bad-input', '--depth goes with --service')
      const { graphCommand } = await import('./commands/graph.ts')
      const options = { service: service ?? null, depth: depth ?? USUAL_HOPS, json }
      process.exitCode = await graphCommand(options, process.env, write)
    })
}

interface ReplayFlags {
  readonly database: string
  readonly data: string
  readonly against?: string
  readonly gates: boolean
  readonly export?: string
  readonly cause?: string
  readonly falseAlarm: boolean
}

function addReplay(ccp: Command): void {
  ccp
    .command('replay')
    .description(
      'run a recorded incident again with the code and configuration of today, without effects; exit 1 when a stage ends otherwise',
    )
    .argument('<id>', 'incident id')
    .option('--against <dir>', 'the folder of YAML files to replay with (default: CCP_CONFIG_DIR)')
    .option('--gates', 'run the gates as well', false)
    .addOption(
      new Option(
        '--export <dir>',
        'instead, write its case into that folder, for `npm run bench:rca`',
      ).conflicts(['against', 'gates']),
    )
    .addOption(
      new Option(
        '--cause <service>',
        'with --export: the service at fault (default: whose fix was verified)',
      ).conflicts('falseAlarm'),
    )
    .option('--false-alarm', 'with --export: nothing was at fault, the right answer is to abstain', false)
    .option('--database <file>', 'the journal; it is only read', readVariable('CCP_DATABASE', process.env))
    .option(
      '--data <dir>',
      "the bot's data: recordings and clones",
      readVariable('CCP_DATA_DIR', process.env),
    )
    .addHelpText('after', `\n${REPLAY_FORMAT}`)
    .action(async (incidentId: string, flags: ReplayFlags) => {
      if (flags.export !== undefined) return exportRecording(incidentId, flags, flags.export)
      if (flags.cause !== undefined || flags.falseAlarm)
        throw new CcpError('bad-input', '--cause and --false-alarm go with --export')
      const { database, data, against, gates } = flags
      const { REPLAY_SETTINGS, replayCommand } = await import('./commands/replay/replay.ts')
      const variables = against === undefined ? process.env : { ...process.env, CCP_CONFIG_DIR: against }
      const settings = loadSettings(REPLAY_SETTINGS, variables)
      const options = { incidentId, database, dataDirectory: data, gates }
      process.exitCode = await replayCommand(options, settings, write)
    })
}

async function exportRecording(incidentId: string, flags: ReplayFlags, directory: string): Promise<void> {
  const { exportCommand } = await import('./commands/replay/export-case.ts')
  const { database, data, cause, falseAlarm } = flags
  const told = cause === undefined ? null : { service: cause, fault: 'unknown' }
  const answer = falseAlarm ? ({ service: null, fault: 'none', negative: true } as const) : told
  const options = { incidentId, database, dataDirectory: data, directory, answer }
  process.exitCode = await exportCommand(options, write)
}

function addAudit(ccp: Command): void {
  const audit = ccp.command('audit').description('the tamper-evident chain of decisions')
  const database = ['--database <file>', 'the journal', readVariable('CCP_DATABASE', process.env)] as const
  audit
    .command('verify')
    .description('walk the chain; exit 1 and name the row where it does not hold')
    .option(...database)
    .action(async (options: { database: string }) => {
      const { auditVerifyCommand } = await import('./commands/audit.ts')
      process.exitCode = auditVerifyCommand(options.database, write)
    })
  audit
    .command('show')
    .description('the rows, one JSON line each')
    .argument('[id]', 'incident id')
    .option(...database)
    .action(async (id: string | undefined, options: { database: string }) => {
      const { auditShowCommand } = await import('./commands/audit.ts')
      process.exitCode = auditShowCommand(options.database, id ?? null, write)
    })
}

function addTemplates(ccp: Command): void {
  ccp
    .command('templates')
    .description('the repairs of fix-templates.yaml; see docs/templates.md')
    .command('check')
    .description(
      'validate a template file and run the tests in it; one JSON line for each problem, with file, line and mend, and one that sums up. Exit 0 all hold, 1 a test does not, 2 the file is no list of templates',
    )
    .argument('[file]', 'YAML (default: the configured one)')
    .action(async (file: string | undefined) => {
      const { templatesCheckCommand } = await import('./commands/templates.ts')
      process.exitCode = templatesCheckCommand(file, process.env, write)
    })
}

/** Every stage alone: the same code as in the bot, fed from files. */
function addStages(ccp: Command): void {
  ccp
    .command('rca')
    .description(
      'rank root causes; one JSON line a case: {"id","ranked":[{"service","confidence","change"?}],"abstain"?,"ms"}',
    )
    .argument('<case...>', 'CASE.json or CASE.json.gz')
    .option('--logs <file>', 'logs to add to those of the case; - reads standard input')
    .option('--service <name>', 'with --logs: whose lines they are where they do not say')
    .action(async (paths: string[], { logs, service }: { logs?: string; service?: string }) => {
      const { rcaCommand } = await import('./commands/rca.ts')
      const { streamLogs } = await import('./commands/case-logs.ts')
      const { rca } = loadSettings(['rca'], process.env)
      const source = logs === undefined ? null : streamLogs(logs, service ?? null)
      process.exitCode = await rcaCommand(paths, rca, write, undefined, source)
    })

  ccp
    .command('localize')
    .description('from a stack trace to file, line, symbol and suspect commit')
    .requiredOption('--repo <dir>', 'the git repository')
    .requiredOption('--trace <file>', 'a log or a bare stack trace; - reads standard input')
    .option('--commit <commit>', 'the commit in production (default: HEAD)')
    .action(async (options: { repo: string; trace: string; commit?: string }) => {
      const { localizeCommand } = await import('./commands/localize.ts')
      process.exitCode = await localizeCommand(options, write)
    })

  ccp
    .command('fix')
    .description(
      'plan a fix for a stack trace: candidates compared, and the diff of the chosen one; writes nothing',
    )
    .requiredOption('--repo <dir>', 'the git repository')
    .requiredOption('--trace <file>', 'a log or a bare stack trace; - reads standard input')
    .action(async (options: { repo: string; trace: string }) => {
      const { fixCommand } = await import('./commands/fix.ts')
      const { fixTemplates, planning } = loadSettings(['fixTemplates', 'planning'], process.env)
      process.exitCode = await fixCommand(options, { templates: fixTemplates, settings: planning }, write)
    })

  ccp
    .command('gates')
    .description('put a patch through the seven gates, against the baseline; exit 1 when one stops it')
    .requiredOption('--repo <dir>', 'the repository; it is not changed')
    .requiredOption('--patch <file>', 'a unified diff on top of HEAD; - reads standard input')
    .option('--service <name>', 'a service of services.yaml, for its tests, criticality and protected paths')
    .option('--confidence <ratio>', 'confidence of the fix for the risk gate, 0..1', ratio)
    .action(async (options: { repo: string; patch: string; service?: string; confidence?: number }) => {
      const { gatesCommand } = await import('./commands/gates.ts')
      const { gates, services } = loadSettings(['gates', 'services'], process.env)
      process.exitCode = await gatesCommand(options, { settings: gates, services }, write)
    })

  ccp
    .command('verify')
    .description('judge canary against control from blocks of counts; exit 1 unless the verdict is pass')
    .argument('<file>', 'JSON; see below')
    .addHelpText('after', `\n${VERIFY_FORMAT}`)
    .action(async (path: string) => {
      const { verifyCommand } = await import('./commands/verify.ts')
      const { verification } = loadSettings(['verification'], process.env)
      process.exitCode = await verifyCommand(path, verification, write)
    })
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('write a whole number above 0.')
}

function hops(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MOST_HOPS) return value
  throw new InvalidArgumentError(`write a whole number from 1 to ${MOST_HOPS}.`)
}

function ratio(text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('write a number from 0 to 1.')
}

function demo(options: readonly string[]): void {
  const script = fileURLToPath(new URL('../demo/demo.ts', import.meta.url))
  if (!existsSync(script)) {
    throw new CcpError('not-found', 'the demo is not part of this installation', {
      mend: 'run it from a checkout: npm run demo',
    })
  }
  const child = spawn(process.execPath, [script, ...options], { stdio: 'inherit' })
  child.on('exit', (code) => (process.exitCode = code ?? 1))
}

function fail(thrown: unknown): void {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : EXIT_BAD_INPUT
    return
  }
  const error = thrown instanceof CcpError ? thrown : null
  const mend = error?.mend === null || error === null ? '' : `\n  mend: ${error.mend}`
  const text =
    error === null
      ? `unexpected fault: ${(thrown as Error).stack ?? String(thrown)}`
      : `${error.message}${mend}`
  process.stderr.write(`ccp: ${text}\n`)
  process.exitCode = EXIT_BAD_INPUT
}

if (existsSync('.env')) process.loadEnvFile('.env')
await program().parseAsync().catch(fail)
