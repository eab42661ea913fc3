import { describe, expect, test } from 'vitest'
import type { GateContext } from '../../../../src/pipeline/gates/context.ts'
import type { SandboxRun } from '../../../../src/pipeline/gates/ports.ts'
import { configuredPlan } from '../../../../src/pipeline/gates/tests/configured-plan.ts'
import { failuresOf } from '../../../../src/pipeline/gates/tests/judge-tests.ts'
import { runPlan } from '../../../../src/pipeline/gates/tests/run-plan.ts'
import { FakeCheckouts, FakeSandbox, patchOf, SETTINGS } from '../fixtures.ts'

const TEST = { path: 'pay/ccp_replay_test.go', text: 'func TestReplay(t *testing.T) {\n}\n' }
const plan = configuredPlan(['go', 'test', './...'])

/** What `go test -json` prints of these tests of the package pay, and of packages that do not build. */
function goRun(
  results: Readonly<Record<string, 'pass' | 'fail'>>,
  more: {
    readonly exitCode?: number
    readonly broken?: readonly string[]
    readonly cutShort?: boolean
    readonly more?: string
  } = {},
): SandboxRun {
  const Package = 'shop/pay'
  const failed = Object.values(results).includes('fail')
  const events = [
    ...Object.entries(results).map(([name, Action]) => ({ Action, Package, Test: name })),
    ...(failed && more.cutShort !== true ? [{ Action: 'output', Package, Output: 'FAIL\n' }] : []),
    ...(failed ? [{ Action: 'fail', Package }] : []),
    ...(more.broken ?? []).map((Package) => ({ Action: 'fail', Package })),
  ]
  const exitCode = more.exitCode ?? (events.some(({ Action }) => Action === 'fail') ? 1 : 0)
  const stdout = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  return { kind: 'exited', exitCode, stdout: stdout + (more.more ?? ''), stderr: '', durationMs: 1 }
}

async function ran(answers: Readonly<Record<string, SandboxRun>>) {
  const checkouts = new FakeCheckouts({ base: {}, patched: {} }, '')
  const sandbox = new FakeSandbox(answers)
  const deps = { checkouts, sandbox, settings: SETTINGS }
  const [base, patched] = [await checkouts.checkout('', 'base'), await checkouts.checkout('', 'patched')]
  const context = { patch: patchOf(''), base, patched, deps } as unknown as GateContext
  return { runs: await runPlan(context, plan, TEST), asked: sandbox.runs.toSorted() }
}

const idsOf = (run: Awaited<ReturnType<typeof ran>>['runs']['base'] | undefined) =>
  run?.kind === 'ran' ? [...(run.tally.ran ?? [])] : run?.kind
const failing = (run: Awaited<ReturnType<typeof ran>>['runs']['base'] | undefined) =>
  run?.kind === 'ran' ? failuresOf(run).map(({ id }) => id) : run?.kind

describe('where the runner names its tests', () => {
  test('two runs tell what the tests say and what the own test shows', async () => {
    const { runs, asked } = await ran({
      'base+test': goRun({ TestOld: 'pass', TestTotal: 'pass', TestReplay: 'fail' }),
      patched: goRun({ TestOld: 'fail', TestTotal: 'pass', TestReplay: 'pass' }),
    })
    expect(asked).toEqual(['base+test', 'patched'])
    expect(idsOf(runs.base)).toEqual(['shop/pay.TestOld', 'shop/pay.TestTotal'])
    expect(failing(runs.base)).toEqual([])
    expect(failing(runs.patched)).toEqual(['shop/pay.TestOld'])
    expect(failing(runs.regression?.base)).toEqual(['shop/pay.TestReplay'])
    expect(failing(runs.regression?.patched)).toEqual([])
  })

  test('the own test alone explains the exit code of the base, not that of the patched tree', async () => {
    const { runs } = await ran({
      'base+test': goRun({ TestTotal: 'pass', TestReplay: 'fail' }),
      patched: goRun({ TestTotal: 'pass', TestReplay: 'pass' }, { exitCode: 2 }),
    })
    expect(failing(runs.base)).toEqual([])
    expect(failing(runs.patched)).toEqual(['exit code 2'])
  })
})

describe('each run is made for itself', () => {
  const BASE = goRun({ TestTotal: 'pass' })
  const PATCHED = goRun({ TestTotal: 'pass', TestReplay: 'pass' })

  test.each([
    ['the own test keeps a package from being built', goRun({}, { broken: ['shop/pay'] }), PATCHED],
    ['it did not run on the base', BASE, PATCHED],
    [
      'it took tests after it down with it',
      goRun({ TestReplay: 'fail' }, { cutShort: true }),
      goRun({ TestReplay: 'pass' }),
    ],
    [
      'another failed beside it',
      goRun({ TestTotal: 'fail', TestReplay: 'fail' }),
      goRun({ TestTotal: 'fail', TestReplay: 'pass' }),
    ],
    [
      'it did not run on the patched tree',
      goRun({ TestTotal: 'pass', TestReplay: 'fail' }),
      goRun({ TestTotal: 'pass' }),
    ],
    [
      'a limit stopped it',
      { kind: 'stopped', by: 'memory', detail: 'much', stdout: '', stderr: '', durationMs: 1 } as SandboxRun,
      PATCHED,
    ],
  ])('where %s', async (_, withTest, patched) => {
    const { runs, asked } = await ran({ base: BASE, 'base+test': withTest, patched })
    expect(new Set(asked)).toEqual(new Set(['base', 'base+test', 'patched']))
    expect(idsOf(runs.base)).toEqual(['shop/pay.TestTotal'])
    expect(failing(runs.base)).toEqual([])
  })
})

test('tests of the same name in another package are not taken for the own one', async () => {
  const other = `${JSON.stringify({ Action: 'pass', Package: 'shop/repay', Test: 'TestReplay' })}\n`
  const { runs } = await ran({
    'base+test': goRun({ TestTotal: 'pass', TestReplay: 'fail' }, { more: other }),
    patched: goRun({ TestTotal: 'pass', TestReplay: 'pass' }, { more: other }),
  })
  expect(idsOf(runs.base)).toEqual(['shop/pay.TestTotal', 'shop/repay.TestReplay'])
})

test('in the root of a module no name tells the own package: each run is made for itself', () => {
  expect(plan.together?.({ path: 'ccp_replay_test.go', text: TEST.text })).toBeNull()
})
