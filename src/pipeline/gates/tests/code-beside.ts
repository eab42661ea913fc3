import { basename } from 'node:path/posix'
import type { GateContext } from '../context.ts'
import { count, listed } from '../gate-result.ts'
import type { Checkout, CodeBeside } from '../ports.ts'
import { findTestPlans } from './find-test-plans.ts'
import { failuresOf, finding, lostTests, newFailures, type TestRun } from './judge-tests.ts'
import { answer, flakyNote, preExisting, stoppedAnswer, type PlanAnswer } from './plan-answer.ts'
import { runTests } from './run-tests.ts'
import type { Runner } from './tally.ts'
import { CHECKOUT, type TestPlan } from './test-plan.ts'

export interface TestsBeside {
  readonly answers: readonly PlanAnswer[]
  readonly runners: readonly Runner[]
}

interface Sides {
  readonly base: Checkout
  readonly patched: Checkout
}

const FOLDER = '.ccp-config'

/**
 * A patch of the configuration is tried with the code that it is deployed with: the code's own tests are run with the file of
 * the base and with that of the patch, where a release finds it (CONFIG_FILE). Null where the code has no tests.
 */
export async function testCodeBeside(context: GateContext, code: CodeBeside): Promise<TestsBeside | null> {
  const [before, after] = await Promise.all(
    [context.base, context.patched].map((tree) => tree.readFile(code.configPath)),
  )
  if (after === undefined || after === null) {
    const lost = finding('config-missing', `with the patch there is no ${code.configPath} to start with`)
    return { answers: [answer(0, { findings: [lost] })], runners: [] }
  }
  const sides = await checkOut(context, code, [before ?? '', after])
  try {
    const found = await findTestPlans(sides.patched, [], code)
    if (found.length === 0) return null
    const answers: PlanAnswer[] = []
    for (const plan of found) answers.push(await judge(withConfig(plan, code), sides, context))
    return { answers, runners: found.map(({ runner }) => runner) }
  } finally {
    await Promise.all([sides.base.remove(), sides.patched.remove()])
  }
}

async function checkOut(
  { deps }: GateContext,
  code: CodeBeside,
  [before, after]: readonly [string, string],
): Promise<Sides> {
  const withFile = (text: string): Promise<Checkout> =>
    deps.checkouts.checkout(code.repository, code.commit, [{ path: placeOf(code), text }])
  const base = await withFile(before)
  try {
    return { base, patched: await withFile(after) }
  } catch (thrown) {
    await base.remove()
    throw thrown
  }
}

function placeOf({ configPath }: CodeBeside): string {
  return `${FOLDER}/${basename(configPath)}`
}

function withConfig(plan: TestPlan, code: CodeBeside): TestPlan {
  return {
    ...plan,
    environment: { ...plan.environment, CONFIG_FILE: `${CHECKOUT}/${placeOf(code)}` },
    otherwise: plan.otherwise === null ? null : withConfig(plan.otherwise, code),
  }
}

async function judge(plan: TestPlan, sides: Sides, context: GateContext): Promise<PlanAnswer> {
  const { deps } = context
  const run = (tree: Checkout): Promise<TestRun> => runTests(tree, plan, plan.command, deps)
  const [base, patched] = await Promise.all([run(sides.base), run(sides.patched)])
  if (patched.kind === 'unavailable' && plan.otherwise !== null) return judge(plan.otherwise, sides, context)
  const { name } = deps.service
  if (patched.kind !== 'ran') return { ...stoppedAnswer(base, patched), of: ofCode(name) }
  if (patched.tally.executed === 0)
    return answer(0, { blocked: [`no test of ${name} ran: correct its \`test\` in services.yaml`] })
  const added = newFailures(base, patched)
  const again = added.length === 0 ? null : await run(sides.patched)
  const failing = again?.kind === 'ran' ? new Set(failuresOf(again).map(({ id }) => id)) : null
  const lasting = added.filter(({ id }) => failing === null || failing.has(id))
  const flaky = added.filter((failure) => !lasting.includes(failure)).map(({ id }) => id)
  return {
    ...answer(patched.tally.executed, {
      findings: [
        ...lasting.map(({ id, message }) => finding('test-failed', `of ${name}, ${id}: ${message}`)),
        ...lostTests(base, patched),
      ],
      notes: [...cured(base, patched, name), ...preExisting(base, patched), ...flakyNote(flaky)],
    }),
    of: ofCode(name),
  }
}

function ofCode(name: string): string {
  return `of ${name} with it`
}

/** What the tests of the code would have said of the configuration in production. */
function cured(base: TestRun, patched: TestRun & { kind: 'ran' }, name: string): readonly string[] {
  if (base.kind !== 'ran') return [`with the configuration in production the tests of ${name} did not end`]
  const left = new Set(failuresOf(patched).map(({ id }) => id))
  const gone = failuresOf(base).filter(({ id }) => !left.has(id))
  if (gone.length === 0) return []
  const names = listed(
    gone.map(({ id }) => id),
    2,
  )
  return [
    `with the configuration in production ${count(gone.length, 'test')} of ${name} fail${gone.length === 1 ? 's' : ''} (${names})`,
  ]
}
