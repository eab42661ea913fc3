import type { GateContext } from '../context.ts'
import type { Checkout, SourceFile } from '../ports.ts'
import type { TestRun } from './judge-tests.ts'
import { runTests } from './run-tests.ts'
import type { Tally } from './tally.ts'
import type { TestPlan } from './test-plan.ts'

/** Both trees' runs of one plan, the patch's own test among them where it belongs to the plan. */
export interface PlanRuns {
  readonly plan: TestPlan
  readonly base: TestRun
  readonly patched: TestRun
  readonly regression: { readonly base: TestRun; readonly patched: TestRun } | null
}

/** Runs the plan on both trees, and the patch's own test on the base as well. */
export async function runPlan(
  context: GateContext,
  plan: TestPlan,
  test: SourceFile | null,
): Promise<PlanRuns> {
  const together = test === null ? null : await runTogether(context, plan, test)
  if (together !== null) return together
  const { base, patched, deps } = context
  const run = (tree: Pick<Checkout, 'directory'>, command: readonly string[]) =>
    runTests(tree, plan, command, deps)
  const [onBase, onPatched, regression] = await Promise.all([
    run(base, plan.command),
    run(patched, plan.command),
    test === null ? null : runRegression(context, plan, test),
  ])
  if (onPatched.kind === 'unavailable' && plan.otherwise !== null)
    return runPlan(context, plan.otherwise, test)
  return { plan, base: onBase, patched: onPatched, regression }
}

/**
 * Two runs in place of four: the base with the patch's own test in it, and the patched tree, each told apart into that
 * test and the rest. Null where the runner cannot, and where the rest might say something else by itself: a run is not
 * whole, or others than the new test fail on the base, which it may have made fail.
 */
async function runTogether(context: GateContext, plan: TestPlan, test: SourceFile): Promise<PlanRuns | null> {
  const whole = plan.together?.(test) ?? null
  if (whole === null) return null
  const { patched, deps } = context
  const runs = await onBaseWith(context, test, (withTest) =>
    Promise.all([
      runTests(withTest, plan, whole.command, deps),
      runTests(patched, plan, whole.command, deps),
    ]),
  )
  const [base, after] = runs.map((run) => toldApart(run, whole.isOwn))
  if (base === null || base === undefined || after === null || after === undefined) return null
  if (base.rest.tally.failures.length > 0) return null
  return { plan, base: base.rest, patched: runs[1], regression: { base: base.own, patched: after.own } }
}

interface ToldApart {
  readonly own: TestRun & { kind: 'ran' }
  readonly rest: TestRun & { kind: 'ran' }
}

function toldApart(run: TestRun, isOwn: (id: string) => boolean): ToldApart | null {
  if (run.kind !== 'ran' || run.tally.ran === null || !isWhole(run.tally)) return null
  const own = part(run.tally, isOwn)
  const rest = part(run.tally, (id) => !isOwn(id))
  if (own.executed === 0) return null
  const failsAlone = own.failures.length > 0 && rest.failures.length === 0
  return {
    own: { ...run, tally: own, exitCode: own.failures.length > 0 ? run.exitCode : 0 },
    rest: { ...run, tally: rest, exitCode: failsAlone ? 0 : run.exitCode },
  }
}

function isWhole({ unloadable, cutShort = [] }: Tally): boolean {
  return unloadable.length + cutShort.length === 0
}

function part(tally: Tally, isIn: (id: string) => boolean): Tally {
  const ran = new Set([...(tally.ran ?? [])].filter(isIn))
  const skippedIds = new Set([...(tally.skippedIds ?? [])].filter(isIn))
  const failures = tally.failures.filter(({ id }) => isIn(id))
  return { executed: ran.size, skipped: skippedIds.size, failures, ran, skippedIds, unloadable: [] }
}

async function runRegression(context: GateContext, plan: TestPlan, test: SourceFile) {
  const { patched, deps } = context
  const command = plan.only(test) ?? plan.command
  return onBaseWith(context, test, async (withTest) => {
    const [base, after] = await Promise.all([
      runTests(withTest, plan, command, deps),
      runTests(patched, plan, command, deps),
    ])
    return { base, patched: after }
  })
}

/** The base needs the new test file: a checkout of its own holds both. */
async function onBaseWith<T>(
  { patch, deps }: GateContext,
  test: SourceFile,
  run: (withTest: Checkout) => Promise<T>,
): Promise<T> {
  const withTest = await deps.checkouts.checkout(patch.repository, patch.baseCommit, [test])
  try {
    return await run(withTest)
  } finally {
    await withTest.remove()
  }
}
