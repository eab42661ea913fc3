import type { Finding } from '../../contracts.ts'
import type { GateContext } from '../context.ts'
import { blocked, count, failed, passed, type GateAnswer } from '../gate-result.ts'
import type { SourceFile } from '../ports.ts'
import { findTestPlans } from './find-test-plans.ts'
import { failuresOf, finding, judgeRegression, lostTests, newFailures, type TestRun } from './judge-tests.ts'
import { testCodeBeside } from './code-beside.ts'
import { answer, flakyNote, preExisting, stoppedAnswer, type PlanAnswer } from './plan-answer.ts'
import { runPlan, type PlanRuns } from './run-plan.ts'
import { runTests } from './run-tests.ts'
import { isInside, type TestPlan } from './test-plan.ts'

/** Gate 2: the tests pass with the patch as they did without it, and its own test shows the fault. */
export async function checkUnitTests(context: GateContext): Promise<GateAnswer> {
  const plans = await findTestPlans(
    context.patched,
    context.files.map(({ path }) => path),
    context.deps.service,
  )
  const tool = await context.deps.sandbox.describe()
  const { code, service } = context.deps
  const beside = code === undefined ? null : await testCodeBeside(context, code)
  if (plans.length === 0 && beside === null) return blocked(NO_TESTS, [tool])
  const test = await regressionTest(context)
  const answers: PlanAnswer[] = []
  for (const plan of plans) {
    const mine = test !== null && belongsTo(test, plan, plans) ? test : null
    const judged = await judgePlan(await runPlan(context, plan, mine), context, mine)
    answers.push(code === undefined ? judged : { ...judged, of: 'of the configuration' })
  }
  if (test === null && context.patch.regressionTest.kind === 'generated')
    answers.push(unreadable(context.patch.regressionTest.path))
  if (code !== undefined && beside === null)
    answers.push(answer(0, { notes: [`${service.name} has no tests to run with it`] }))
  const runners = [...plans.map((plan) => plan.runner), ...(beside?.runners ?? [])]
  return combine([...answers, ...(beside?.answers ?? [])], [tool, ...new Set(runners)])
}

const NO_TESTS =
  'no tests were found: name the command as `test` of the service in services.yaml, or add tests that its runner finds'

async function regressionTest({ patch, patched }: GateContext): Promise<SourceFile | null> {
  if (patch.regressionTest.kind === 'none') return null
  const { path } = patch.regressionTest
  const text = await patched.readFile(path)
  return text === null ? null : { path, text }
}

function belongsTo(test: SourceFile, plan: TestPlan, plans: readonly TestPlan[]): boolean {
  const homes = plans.filter((one) => isInside(test.path, one.directory) && one.only(test) !== null)
  const nearest = homes.sort((a, b) => b.directory.length - a.directory.length)[0] ?? plans[0]
  return nearest === plan
}

async function judgePlan(runs: PlanRuns, context: GateContext, test: SourceFile | null): Promise<PlanAnswer> {
  const { base, patched, plan } = runs
  if (patched.kind !== 'ran') return stoppedAnswer(base, patched)
  const { tally } = patched
  if (tally.executed === 0 && failuresOf(patched).length === 0)
    return answer(0, {
      blocked: ['the test command ran no test: correct `test` of the service in services.yaml'],
    })
  const added = newFailures(base, patched)
  const { lasting, flaky } = await tryAgain(added, context, plan)
  if (tally.executed === 0 && lasting.length === 0)
    return answer(0, {
      blocked: [`no test ran, on the base neither: ${failuresOf(patched)[0]?.message ?? ''}`],
    })
  const lost = mayTakeTestsAway(context) ? [] : lostTests(base, patched)
  const regression =
    runs.regression === null || test === null
      ? null
      : judgeRegression(runs.regression.base, runs.regression.patched, test.path)
  const failures = lasting.map(({ id, message }) => finding('test-failed', `${id}: ${message}`))
  const shown =
    test !== null && regression === null
      ? ['the regression test fails before the patch and passes after']
      : []
  return answer(tally.executed, {
    findings: [...failures, ...lost, ...(regression === null ? [] : [regression])],
    notes: [
      ...shown,
      ...preExisting(base, patched),
      ...flakyNote(flaky),
      ...baseNote(base),
      ...takenAway(context, base, patched),
    ],
  })
}

async function tryAgain(
  added: ReturnType<typeof newFailures>,
  { patched, deps }: GateContext,
  plan: TestPlan,
) {
  if (added.length === 0) return { lasting: added, flaky: [] }
  const again = await runTests(patched, plan, plan.command, deps)
  if (again.kind !== 'ran' || again.tally.executed === 0) return { lasting: added, flaky: [] }
  const failing = new Set(failuresOf(again).map(({ id }) => id))
  return {
    lasting: added.filter(({ id }) => failing.has(id)),
    flaky: added.filter(({ id }) => !failing.has(id)).map(({ id }) => id),
  }
}

/** Taking a commit back takes its tests back with it. */
function mayTakeTestsAway({ patch }: GateContext): boolean {
  return ['revert-commit', 'roll-back-deploy', 'config-change'].includes(patch.strategy)
}

function takenAway(
  context: GateContext,
  base: TestRun,
  patched: TestRun & { kind: 'ran' },
): readonly string[] {
  const lost = mayTakeTestsAway(context) ? lostTests(base, patched) : []
  return lost.length === 0 ? [] : [`${count(lost.length, 'test')} of the commit taken back went with it`]
}

function baseNote(base: TestRun): readonly string[] {
  return base.kind === 'ran' ? [] : [`on the base the tests did not end (${base.why})`]
}

function unreadable(path: string): PlanAnswer {
  return answer(0, {
    findings: [{ file: path, line: null, rule: 'regression-test', message: 'the patch does not contain it' }],
  })
}

function combine(answers: readonly PlanAnswer[], tools: readonly string[]): GateAnswer {
  const findings = answers.flatMap((one) => one.findings)
  const obstacles = answers.flatMap((one) => one.blocked)
  const notes = answers.flatMap((one) => one.notes)
  if (findings.length > 0) return failed([summaryOf(findings), ...notes].join('; '), findings, tools)
  if (obstacles.length > 0) return blocked(obstacles.join('; '), tools)
  const ran = notes.some((note) => note.includes('failed before the patch')) ? 'ran' : 'passed'
  return passed([`${testsOf(answers)} ${ran}`, ...notes].join('; '), tools)
}

/** "14 tests", or "5 tests of the configuration and 48 tests of payment with it". */
function testsOf(answers: readonly PlanAnswer[]): string {
  const ran = answers.filter(({ executed }) => executed > 0)
  const groups = [...Map.groupBy(ran, ({ of }) => of ?? '')]
  return groups
    .map(([of, own]) => {
      const executed = own.reduce((total, one) => total + one.executed, 0)
      return `${count(executed, 'test')}${of === '' ? '' : ` ${of}`}`
    })
    .join(' and ')
}

function summaryOf(findings: readonly Finding[]): string {
  const [first] = findings
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return `${first?.rule ?? ''}: ${first?.message ?? ''}${more}`.slice(0, 400)
}
