import { describe, expect, test } from 'vitest'
import type { GateId, GateResult } from '../../../src/pipeline/contracts.ts'
import { evaluateGates } from '../../../src/pipeline/gates/evaluate-gates.ts'
import { exited, FakeSandbox, gateCase, PASSING, unittestRun, type Case } from './fixtures.ts'

const BAD = 'LIMIT=70\n'
const GOOD = 'LIMIT=7000\n'
const TEST = 'import unittest\n'
const CODE = { 'payment/app.py': 'x = 1\n', 'tests/test_a.py': TEST }
const OWN = { 'tests/test_settings.py': TEST }

/** A configuration that is taken back, beside the code that it is deployed with. */
function configCase(changes: Partial<Case> = {}) {
  return gateCase({
    base: { 'payment.env': BAD, ...OWN },
    patched: { 'payment.env': GOOD, ...OWN },
    trees: { code: CODE },
    sandbox: new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: PASSING,
      [`code+${GOOD}`]: PASSING,
    }),
    service: { testCommand: null },
    code: {
      repository: '/repositories/code',
      commit: 'code',
      testCommand: ['python3', '-m', 'unittest'],
      configPath: 'payment.env',
    },
    patch: { strategy: 'config-change', pair: { part: 'config', otherCommit: 'code' } },
    ...changes,
  })
}

async function gate(id: GateId, changes: Partial<Case> = {}): Promise<GateResult> {
  const { patch, deps, checkouts } = configCase(changes)
  const outcome = await evaluateGates(patch, deps)
  expect(checkouts.open).toBe(0)
  const found = outcome.kind === 'done' ? outcome.value.results.find((each) => each.gate === id) : undefined
  if (found === undefined) throw new Error(`no result of ${id}`)
  return found
}

describe('the tests of a patch of the configuration', () => {
  test("are its repository's own and those of the code with it, and the gate says how many of each", async () => {
    expect(await gate('unit-tests')).toMatchObject({
      status: 'passed',
      summary: '2 tests of the configuration and 2 tests of payment with it passed',
    })
  })

  test('find the file where a release does', async () => {
    const sandbox = new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: PASSING,
      [`code+${GOOD}`]: PASSING,
    })
    await gate('unit-tests', { sandbox })
    const places = sandbox.runs.map((tree, at) => [tree, sandbox.environments[at]?.['CONFIG_FILE']])
    expect(places).toContainEqual([`code+${GOOD}`, '/checkout/.ccp-config/payment.env'])
    expect(places).toContainEqual(['patched', undefined])
  })

  test('say what those of the code would have said of the configuration in production', async () => {
    const sandbox = new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: unittestRun({ test_a: 'ok', test_b: 'FAIL' }),
      [`code+${GOOD}`]: PASSING,
    })
    expect(await gate('unit-tests', { sandbox })).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(
        /payment with it passed; with the configuration in production 1 test of payment fails \(.*test_b.*\)$/,
      ),
    })
  })

  test('fail where a test of the code fails with it, twice', async () => {
    const sandbox = new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: PASSING,
      [`code+${GOOD}`]: unittestRun({ test_a: 'ok', test_b: 'FAIL' }),
    })
    expect(await gate('unit-tests', { sandbox })).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^test-failed: of payment, .*test_b/),
    })
  })

  test('fail where nothing is left of the file', async () => {
    const patched = { ...OWN }
    expect(await gate('unit-tests', { patched })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('with the patch there is no payment.env to start with'),
    })
  })

  test('are enough where only one of the two has any', async () => {
    const ofCode = { base: { 'payment.env': BAD }, patched: { 'payment.env': GOOD } }
    expect((await gate('unit-tests', ofCode)).summary).toBe('2 tests of payment with it passed')
    const trees = { code: { 'payment/app.py': 'x = 1\n' } }
    const code = { repository: '/c', commit: 'code', testCommand: null, configPath: 'payment.env' }
    expect((await gate('unit-tests', { trees, code })).summary).toBe(
      '2 tests of the configuration passed; payment has no tests to run with it',
    )
  })

  test('block the patch where there are none at all, or those of the code cannot be run', async () => {
    const trees = { code: { 'payment/app.py': 'x = 1\n' } }
    const code = { repository: '/c', commit: 'code', testCommand: null, configPath: 'payment.env' }
    const none = { base: { 'payment.env': BAD }, patched: { 'payment.env': GOOD }, trees, code }
    expect(await gate('unit-tests', none)).toMatchObject({
      status: 'blocked',
      summary: expect.stringContaining('no tests were found'),
    })
    const missing = exited(127, 'sh: python3: not found')
    const sandbox = new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: missing,
      [`code+${GOOD}`]: missing,
    })
    expect(await gate('unit-tests', { sandbox })).toMatchObject({ status: 'blocked' })
    const silent = new FakeSandbox({
      base: PASSING,
      patched: PASSING,
      [`code+${BAD}`]: exited(0, ''),
      [`code+${GOOD}`]: exited(0, ''),
    })
    expect(await gate('unit-tests', { sandbox: silent })).toMatchObject({
      status: 'blocked',
      summary: expect.stringContaining('no test of payment ran'),
    })
  })
})

describe('the other gates of a patch of the configuration', () => {
  test('say that nothing but own rules reads such a file', async () => {
    expect((await gate('lint')).summary).toMatch(/; no linter for payment\.env$/)
    expect((await gate('static-analysis')).summary).toMatch(/; only own rules for payment\.env$/)
  })

  test('find a key of a cloud in it', async () => {
    const patched = { 'payment.env': `${GOOD}ID=AKIA${'IOSFODNN7EXAMPLE'}\n`, ...OWN }
    expect(await gate('security', { patched, sandbox: anyTree() })).toMatchObject({ status: 'failed' })
  })

  test('allow the dot file that services.yaml names, and no other', async () => {
    const code = {
      repository: '/c',
      commit: 'code',
      testCommand: ['python3', '-m', 'unittest'],
      configPath: '.env',
    }
    const named = { base: { '.env': BAD, ...OWN }, patched: { '.env': GOOD, ...OWN }, code }
    expect(await gate('policy', { ...named, sandbox: anyTree() })).toMatchObject({ status: 'passed' })
    const other = { base: { '.envrc': BAD, '.env': BAD }, patched: { '.envrc': GOOD, '.env': BAD }, code }
    expect(await gate('policy', { ...other, sandbox: anyTree() })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('.envrc is forbidden'),
    })
  })

  test('keep to the protected paths of its repository', async () => {
    const service = { testCommand: null, protectedPaths: ['payment.env'] }
    expect(await gate('policy', { service })).toMatchObject({ status: 'failed' })
  })

  test('let a rule of the organisation ask which half it is', async () => {
    const { deps } = configCase()
    const rule = {
      name: 'no-config',
      allow: "patch.part != 'config'",
      message: 'configuration is for people',
    }
    const settings = { policy: { ...deps.settings.policy, rules: [rule] } }
    expect(await gate('policy', { settings })).toMatchObject({
      status: 'failed',
      summary: 'no-config: configuration is for people',
    })
  })
})

/** Where the tests are not what is looked at. */
function anyTree() {
  return { describe: () => Promise.resolve('a sandbox'), run: () => Promise.resolve(PASSING) }
}
