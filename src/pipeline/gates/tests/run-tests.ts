import type { Checkout, GateDeps } from '../ports.ts'
import type { TestRun } from './judge-tests.ts'
import { lastLine } from './judge-tests.ts'
import { readTally } from './read-tally.ts'
import type { TestPlan } from './test-plan.ts'

export type RunDeps = Pick<GateDeps, 'sandbox' | 'settings'>

/** Shells and `env` answer 127 for a command that is not there; Python names the module that it lacks. */
const MISSING =
  /No module named (?:'?pytest'?)$|: (?:command )?not found$|No such file or directory$|cannot access .* in offline mode|No cached version .* available for offline mode/m

/** Runs a plan's tests, or one command of it, on a tree inside the sandbox. */
export async function runTests(
  checkout: Pick<Checkout, 'directory'>,
  plan: TestPlan,
  command: readonly string[],
  deps: RunDeps,
): Promise<TestRun> {
  const run = await deps.sandbox.run({
    directory: checkout.directory,
    workingDirectory: plan.directory,
    command,
    environment: { ...deps.settings.testEnvironment, ...plan.environment },
    limits: deps.settings.limits,
  })
  if (run.kind === 'unavailable') return { kind: 'unavailable', why: `${run.reason}; ${run.mend}` }
  if (run.kind === 'stopped') return { kind: 'stopped', why: run.detail }
  const tally = readTally(plan.runner, run.stdout, run.stderr)
  const output = `${run.stdout}\n${run.stderr}`
  if (tally.executed === 0 && run.exitCode !== 0 && (run.exitCode === 127 || MISSING.test(output.trim()))) {
    const mend = `install what \`${command[0] ?? ''}\` needs where the bot runs, or name another \`test\` command in services.yaml`
    return { kind: 'unavailable', why: `the tests cannot be run: ${lastLine(output)}; ${mend}` }
  }
  return { kind: 'ran', tally, exitCode: run.exitCode, output }
}
