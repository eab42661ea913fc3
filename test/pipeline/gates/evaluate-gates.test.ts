import { describe, expect, test } from 'vitest'
import { GATES, type GateId, type GateReport, type GateResult } from '../../../src/pipeline/contracts.ts'
import { evaluateGates } from '../../../src/pipeline/gates/evaluate-gates.ts'
import type { Analyser } from '../../../src/pipeline/gates/ports.ts'
import {
  exited,
  FakeSandbox,
  gateCase,
  markAnalyser,
  PASSING,
  SETTINGS,
  unittestRun,
  type Case,
} from './fixtures.ts'

const BASE = { 'app.py': 'a = 1\nb = OLD\n' }
const FIXED = { 'app.py': 'a = 2\nb = OLD\n' }

async function reportOf(one: Case): Promise<GateReport> {
  const { patch, deps, checkouts } = gateCase(one)
  const outcome = await evaluateGates(patch, deps)
  expect(checkouts.open).toBe(0)
  if (outcome.kind !== 'done') throw new Error('no report')
  return outcome.value
}

async function gate(id: GateId, one: Case): Promise<GateResult> {
  const { results } = await reportOf(one)
  return results.find((result) => result.gate === id) as GateResult
}

describe('the report', () => {
  test('names all seven gates in order and passes when all pass', async () => {
    const report = await reportOf({ base: BASE, patched: FIXED, analysers: [markAnalyser('lint', 'NEW')] })
    expect(report.results.map((result) => result.gate)).toEqual([...GATES])
    expect(report.results.filter((result) => result.status !== 'passed')).toEqual([])
    expect(report).toMatchObject({ passed: true, patchCommit: 'patched', sandbox: 'a sandbox of the tests' })
  })

  test('names all seven gates as blocked when the commit cannot be checked out', async () => {
    const { patch, deps, checkouts } = gateCase({ base: BASE, patched: FIXED })
    const change = () => Promise.reject(new Error('no such commit'))
    const outcome = await evaluateGates(patch, { ...deps, checkouts: Object.assign(checkouts, { change }) })
    if (outcome.kind !== 'done') throw new Error('no report')
    expect(outcome.value.results.map(({ status }) => status)).toEqual(GATES.map(() => 'blocked'))
    expect(outcome.value).toMatchObject({ passed: false, risk: { tier: 'high' } })
    expect(outcome.value.results[0]?.summary).toContain('no such commit')
  })
})

describe('a gate whose tool does not answer is blocked, never passed:', () => {
  const broken: readonly [string, Analyser['analyse'], string][] = [
    ['it crashes', () => Promise.reject(new Error('segmentation fault')), 'segmentation fault'],
    [
      'it is missing',
      () => Promise.resolve({ kind: 'unavailable', reason: 'no javac', mend: 'install a JDK' }),
      'install a JDK',
    ],
    ['it never ends', () => new Promise(() => undefined), 'not done after 20 ms'],
  ]
  test.each(broken)('%s', async (_, analyse, said) => {
    const analysers = (['syntax', 'lint', 'static-analysis'] as const).map((id) => ({
      ...markAnalyser(id, 'X'),
      analyse,
    }))
    const deadlineMs = { ...SETTINGS.deadlineMs, syntax: 20, lint: 20, 'static-analysis': 20 }
    const report = await reportOf({ base: BASE, patched: FIXED, analysers, settings: { deadlineMs } })
    for (const id of ['syntax', 'lint', 'static-analysis']) {
      const result = report.results.find((one) => one.gate === id)
      expect(result).toMatchObject({ status: 'blocked' })
      expect(result?.summary).toContain(said)
    }
    expect(report.passed).toBe(false)
  })

  test('there is no sandbox', async () => {
    const run = { kind: 'unavailable', reason: 'bubblewrap is not installed', mend: 'install it' } as const
    const result = await gate('unit-tests', {
      base: BASE,
      patched: FIXED,
      sandbox: new FakeSandbox({ base: run, patched: run }),
    })
    expect(result).toMatchObject({ status: 'blocked', summary: 'bubblewrap is not installed; install it' })
  })
})

describe('syntax', () => {
  test('fails for a changed file that cannot be parsed, though it could not before either', async () => {
    const analysers = [markAnalyser('syntax', 'OLD')]
    expect(await gate('syntax', { base: BASE, patched: FIXED, analysers })).toMatchObject({
      status: 'failed',
    })
  })

  test('passes files that no parser reads and says so', async () => {
    const one = {
      base: { 'a.xyz': '1\n' },
      patched: { 'a.xyz': '2\n' },
      analysers: [markAnalyser('syntax', 'OLD')],
    }
    expect(await gate('syntax', one)).toMatchObject({
      status: 'passed',
      summary: '0 changed files parsed; no parser for a.xyz',
    })
  })
})

describe('lint', () => {
  const analysers = [markAnalyser('lint', 'OLD'), markAnalyser('lint', 'NEW')]

  test('passes with findings that the base had, wherever they stand now', async () => {
    const patched = { 'app.py': 'a = 2\nc = 3\n    b = OLD\n' }
    expect(await gate('lint', { base: BASE, patched, analysers })).toMatchObject({ status: 'passed' })
  })

  test('fails for one that the patch adds, and names it', async () => {
    const result = await gate('lint', { base: BASE, patched: { 'app.py': 'a = NEW\nb = OLD\n' }, analysers })
    expect(result).toMatchObject({ status: 'failed', findings: [{ file: 'app.py', line: 1, rule: 'NEW' }] })
  })

  test('fails for a second copy of a known one', async () => {
    const patched = { 'app.py': 'a = 1\nb = OLD\nb = OLD\n' }
    expect(await gate('lint', { base: BASE, patched, analysers })).toMatchObject({ status: 'failed' })
  })

  test('lets as many through as the settings allow, and none of an ignored rule', async () => {
    const patched = { 'app.py': 'a = NEW\nb = OLD\n' }
    const allowed = { lint: { maxNewFindings: 1, ignoredRules: [] } }
    const ignored = { lint: { maxNewFindings: 0, ignoredRules: ['NEW'] } }
    expect(await gate('lint', { base: BASE, patched, analysers, settings: allowed })).toMatchObject({
      status: 'passed',
    })
    expect(await gate('lint', { base: BASE, patched, analysers, settings: ignored })).toMatchObject({
      status: 'passed',
    })
  })
})

describe('static analysis', () => {
  test('leaves tests alone', async () => {
    const one = {
      base: {},
      patched: { 'tests/test_app.py': 'NEW\n' },
      analysers: [markAnalyser('static-analysis', 'NEW')],
    }
    expect(await gate('static-analysis', one)).toMatchObject({ status: 'passed' })
  })

  test('fails for an error but shows a warning', async () => {
    const patched = { 'app.py': 'a = NEW\nb = OLD\n' }
    const told = await gate('static-analysis', {
      base: BASE,
      patched,
      analysers: [markAnalyser('static-analysis', 'NEW', 'warning')],
    })
    expect(told).toMatchObject({ status: 'passed', findings: [{ rule: 'NEW' }] })
    const one = { base: BASE, patched, analysers: [markAnalyser('static-analysis', 'NEW', 'error')] }
    expect(await gate('static-analysis', one)).toMatchObject({ status: 'failed' })
  })

  test('fails for eval of input, with no analyser at all', async () => {
    const patched = { 'app.py': 'a = eval(b)\nb = OLD\n' }
    expect(await gate('static-analysis', { base: BASE, patched })).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'ccp/eval' }],
    })
  })
})

describe('unit tests', () => {
  const before = unittestRun({ test_a: 'ok', test_b: 'ok' })
  const run = (patched: Parameters<typeof unittestRun>[0], base = before) =>
    gate('unit-tests', {
      base: BASE,
      patched: FIXED,
      sandbox: new FakeSandbox({ base, patched: unittestRun(patched) }),
    })

  test('passes with the count', async () => {
    expect(await run({ test_a: 'ok', test_b: 'ok' })).toMatchObject({
      status: 'passed',
      summary: '2 tests passed',
    })
  })

  test('fails for a test that failed twice, and names it', async () => {
    const result = await run({ test_a: 'ok', test_b: 'FAIL' })
    expect(result).toMatchObject({ status: 'failed', findings: [{ rule: 'test-failed' }] })
    expect(result.summary).toContain('test_b')
  })

  test('says that a failure was there before', async () => {
    const result = await run({ test_a: 'ok', test_b: 'FAIL' }, unittestRun({ test_a: 'ok', test_b: 'FAIL' }))
    expect(result.status).toBe('passed')
    expect(result.summary).toContain('1 failed before the patch as well')
  })

  test('runs a new failure again and says that it passed then', async () => {
    const sandbox = new FakeSandbox({
      base: before,
      patched: [unittestRun({ test_a: 'ok', test_b: 'FAIL' }), before],
    })
    const result = await gate('unit-tests', { base: BASE, patched: FIXED, sandbox })
    expect(result.status).toBe('passed')
    expect(result.summary).toContain('test_b failed once and passed when run again')
  })

  test('fails when a test is gone or skipped', async () => {
    expect(await run({ test_a: 'ok' })).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'test-deleted' }],
    })
    expect(await run({ test_a: 'ok', test_b: 'skipped' })).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'test-skipped' }],
    })
  })

  test('lets the tests of a commit that is taken back go with it', async () => {
    const sandbox = new FakeSandbox({ base: before, patched: unittestRun({ test_a: 'ok' }) })
    const result = await gate('unit-tests', {
      base: BASE,
      patched: FIXED,
      sandbox,
      patch: { strategy: 'revert-commit' },
    })
    expect(result).toMatchObject({
      status: 'passed',
      summary: '1 test passed; 1 test of the commit taken back went with it',
    })
  })

  test('is blocked when no test ran, and when the tests cannot be started', async () => {
    expect(await run({})).toMatchObject({ status: 'blocked' })
    const missing = exited(127, 'sh: 1: mvn: not found')
    const sandbox = new FakeSandbox({ base: missing, patched: missing })
    expect(await gate('unit-tests', { base: BASE, patched: FIXED, sandbox })).toMatchObject({
      status: 'blocked',
    })
  })

  test('fails when the patch makes the tests hang, and is blocked when they hung before', async () => {
    const hangs = {
      kind: 'stopped',
      by: 'wall-time',
      detail: 'it took longer than 9 ms',
      stdout: '',
      stderr: '',
      durationMs: 9,
    } as const
    const now = new FakeSandbox({ base: before, patched: hangs })
    expect(await gate('unit-tests', { base: BASE, patched: FIXED, sandbox: now })).toMatchObject({
      status: 'failed',
    })
    const always = new FakeSandbox({ base: hangs, patched: hangs })
    expect(await gate('unit-tests', { base: BASE, patched: FIXED, sandbox: always })).toMatchObject({
      status: 'blocked',
    })
  })

  test('fails when the command ends badly though every test it names passed', async () => {
    const sandbox = new FakeSandbox({ base: before, patched: { ...before, exitCode: 1 } as typeof before })
    expect(await gate('unit-tests', { base: BASE, patched: FIXED, sandbox })).toMatchObject({
      status: 'failed',
    })
  })
})

describe('the regression test', () => {
  const path = 'tests/test_fault.py'
  const patched = { ...FIXED, [path]: 'def test_fault(): ...\n' }
  const one = (onBase: ReturnType<typeof unittestRun>, after = PASSING): Case => ({
    base: BASE,
    patched,
    patch: { regressionTest: { kind: 'generated', path, describes: 'the fault' } },
    sandbox: new FakeSandbox({ base: PASSING, patched: [PASSING, after, after], 'base+test': onBase }),
  })

  test('has to fail before the patch and pass after it', async () => {
    const result = await gate('unit-tests', one(unittestRun({ test_fault: 'FAIL' })))
    expect(result.status).toBe('passed')
    expect(result.summary).toContain('the regression test fails before the patch and passes after')
  })

  test('does not count when it passes before the patch', async () => {
    const result = await gate('unit-tests', one(unittestRun({ test_fault: 'ok' })))
    expect(result).toMatchObject({ status: 'failed', findings: [{ rule: 'regression-test', file: path }] })
  })

  test('does not count when it cannot even be loaded before the patch', async () => {
    const bar = '='.repeat(70)
    const unloadable = `${bar}\nERROR: test_fault (unittest.loader._FailedTest.test_fault)\n${'-'.repeat(70)}\nImportError: no\n\nRan 1 test in 0.0s\n\nFAILED (errors=1)\n`
    expect(await gate('unit-tests', one(exited(1, unloadable)))).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'regression-test' }],
    })
  })

  test('has to be in the patch', async () => {
    const missing = { ...one(PASSING), patched: FIXED }
    expect(await gate('unit-tests', missing)).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'regression-test' }],
    })
  })
})
