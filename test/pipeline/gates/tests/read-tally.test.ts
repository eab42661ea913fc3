import { describe, expect, test } from 'vitest'
import { readTally } from '../../../../src/pipeline/gates/tests/read-tally.ts'

const BAR = '='.repeat(70)
const LINE = '-'.repeat(70)

describe('unittest', () => {
  const text = `test_documented (test_a.A.test_documented)
What it is for. ... ok
test_error (test_a.A.test_error) ... ERROR
test_expected (test_a.A.test_expected) ... expected failure
test_ok (test_a.A.test_ok) ... ok
test_skipped (test_a.A.test_skipped) ... skipped 'not now'
test_sub (test_a.A.test_sub) ... 
  test_sub (test_a.A.test_sub) (i=1) ... FAIL
test_b (unittest.loader._FailedTest.test_b) ... ERROR

${BAR}
ERROR: test_error (test_a.A.test_error)
${LINE}
Traceback (most recent call last):
ValueError: broken

${BAR}
ERROR: test_b (unittest.loader._FailedTest.test_b)
${LINE}
ImportError: Failed to import test module: test_b
ModuleNotFoundError: No module named 'nothing_like_this'


${BAR}
FAIL: test_sub (test_a.A.test_sub) (i=1)
${LINE}
AssertionError: 1 == 1

${LINE}
Ran 7 tests in 0.001s

FAILED (failures=1, errors=2, skipped=1, expected failures=1)
`

  test('tells tests that ran, failed, were skipped and could not be loaded', () => {
    const tally = readTally('unittest', '', text)
    expect(tally).toMatchObject({ executed: 5, skipped: 1 })
    expect(tally.failures).toEqual([
      { id: 'test_a.A.test_error', message: 'ValueError: broken' },
      {
        id: 'unittest.loader._FailedTest.test_b',
        message: "ModuleNotFoundError: No module named 'nothing_like_this'",
      },
      { id: 'test_a.A.test_sub', message: 'AssertionError: 1 == 1' },
    ])
    expect(tally.unloadable).toEqual(['unittest.loader._FailedTest.test_b'])
    expect([...(tally.ran ?? [])].sort()).toEqual([
      'test_a.A.test_documented',
      'test_a.A.test_error',
      'test_a.A.test_ok',
      'test_a.A.test_sub',
    ])
    expect([...(tally.skippedIds ?? [])]).toEqual(['test_a.A.test_expected', 'test_a.A.test_skipped'])
  })

  test('adds up several runs', () => {
    const tally = readTally(
      'unittest',
      '',
      'Ran 2 tests in 0.1s\n\nOK\nRan 3 tests in 0.2s\n\nOK (skipped=1)\n',
    )
    expect(tally).toMatchObject({ executed: 4, skipped: 1, failures: [] })
  })
})

test('pytest: parameters, errors of collection, skips', () => {
  const text = `==================================== short test summary info ====================================
PASSED tests/test_a.py::test_total[3-6]
SKIPPED [1] tests/test_a.py:9: not now
FAILED tests/test_a.py::test_total[1-2] - AssertionError: assert 1 == 2
ERROR tests/test_b.py - ModuleNotFoundError: no
========================= 1 failed, 1 passed, 1 skipped, 1 error in 0.10s =========================
`
  const tally = readTally('pytest', text, '')
  expect(tally).toMatchObject({ executed: 2, skipped: 1, unloadable: ['tests/test_b.py'] })
  expect(tally.failures[0]).toEqual({
    id: 'tests/test_a.py::test_total[1-2]',
    message: 'AssertionError: assert 1 == 2',
  })
})

describe('node:test', () => {
  test('TAP: leaves count, groups and files do not', () => {
    const text = `TAP version 13
# Subtest: adds
ok 1 - adds
  ---
  type: 'test'
  ...
# Subtest: group
    # Subtest: inner
    not ok 1 - inner
      ---
      error: '1 == 2'
      ...
    # Subtest: skipped
    ok 2 - skipped # SKIP why
      ---
      ...
    1..2
not ok 2 - group
  ---
  error: '1 subtest failed'
  ...
# Subtest: /checkout/test/broken.test.ts
not ok 3 - /checkout/test/broken.test.ts
  ---
  error: 'test failed'
  ...
1..3
# tests 4
`
    const tally = readTally('node-test', text, '')
    expect(tally).toMatchObject({ executed: 2, skipped: 1, unloadable: ['/checkout/test/broken.test.ts'] })
    expect(tally.failures[0]).toEqual({ id: 'group > inner', message: '1 == 2' })
    expect([...(tally.ran ?? [])]).toEqual(['adds', 'group > inner'])
  })

  test('a file without a test is no test', () => {
    expect(
      readTally(
        'node-test',
        'TAP version 13\n# Subtest: test/empty.test.js\nok 1 - test/empty.test.js\n1..1\n# tests 1\n',
        '',
      ),
    ).toMatchObject({ executed: 0, failures: [] })
  })

  test('the form for people', () => {
    const text =
      '✔ adds (1.2ms)\n✖ subtracts (0.4ms)\n\u001b[34mℹ tests 2\u001b[39m\nℹ pass 1\nℹ fail 1\nℹ skipped 0\nℹ todo 0\n\n✖ failing tests:\n'
    expect(readTally('text', text, '')).toMatchObject({ executed: 2, failures: [{ id: 'subtracts' }] })
  })
})

test.each([
  [
    'jest',
    'Tests:       1 failed, 1 skipped, 3 passed, 5 total\n  ● totals › adds\n',
    { executed: 4, skipped: 1, failures: [{ id: 'totals › adds' }] },
  ],
  [
    'vitest',
    ' × test/a.test.ts > adds 4ms\n      Tests  1 failed | 2 passed (3)\n',
    { executed: 3, failures: [{ id: 'test/a.test.ts > adds' }] },
  ],
  ['mocha', '  3 passing (8ms)\n  1 failing\n', { executed: 4, failures: [{ id: '1 tests' }] }],
  ['nothing that is a test', 'all good, trust me\n', { executed: 0, failures: [] }],
])('%s', (_, text, expected) => expect(readTally('text', text, '')).toMatchObject(expected))

test('go test -json: tests, packages that do not build, and noise', () => {
  const events = [
    { Action: 'run', Package: 'shop', Test: 'TestA' },
    { Action: 'output', Package: 'shop', Test: 'TestA', Output: '    a_test.go:3: got 5\n' },
    { Action: 'fail', Package: 'shop', Test: 'TestA' },
    { Action: 'pass', Package: 'shop', Test: 'TestB' },
    { Action: 'skip', Package: 'shop', Test: 'TestC' },
    { Action: 'fail', Package: 'shop' },
    { Action: 'output', Package: 'shop/x', Output: 'FAIL\tshop/x [build failed]\n' },
    { Action: 'fail', Package: 'shop/x' },
  ]
  const text = ['{"not json', ...events.map((event) => JSON.stringify(event))].join('\n')
  const tally = readTally('go-test', text, '')
  expect(tally).toMatchObject({ executed: 2, skipped: 1, unloadable: ['shop/x'] })
  expect(tally.failures).toEqual([
    { id: 'shop.TestA', message: 'a_test.go:3: got 5' },
    { id: 'shop/x', message: 'failed' },
  ])
})

test.each([
  ['ran to its last test', [{ Action: 'output', Package: 'shop', Output: 'FAIL\n' }], []],
  ['was ended by a panic or an exit', [], ['shop']],
])('go test -json: a package that %s', (_, ending, cutShort) => {
  const events = [
    { Action: 'fail', Package: 'shop', Test: 'TestA' },
    ...ending,
    { Action: 'output', Package: 'shop', Output: 'FAIL\tshop\t0.01s\n' },
    { Action: 'fail', Package: 'shop' },
  ]
  const tally = readTally('go-test', events.map((event) => JSON.stringify(event)).join('\n'), '')
  expect(tally.cutShort).toEqual(cutShort)
})

test('JUnit reports of Maven and Gradle', () => {
  const text = `<testsuite><testcase name="adds" classname="shop.ATest" time="0"/><testcase name="fails" classname="shop.ATest"><failure message="expected &lt;1&gt;" type="x">trace</failure></testcase><testcase name="later" classname="shop.ATest"><skipped/></testcase></testsuite>`
  expect(readTally('junit', text, '')).toMatchObject({
    executed: 2,
    skipped: 1,
    failures: [{ id: 'shop.ATest.fails', message: 'expected <1>' }],
  })
})
