import { describe, expect, test } from 'vitest'
import { findTestPlans } from '../../../../src/pipeline/gates/tests/find-test-plans.ts'
import type { TestPlan } from '../../../../src/pipeline/gates/tests/test-plan.ts'
import { GO, JAVA, JAVASCRIPT, PYTEST, PYTHON, TYPESCRIPT } from '../../../support/sample-services.ts'
import type { Files } from '../../../support/sample-repositories.ts'

function plansOf(
  files: Files,
  changed: readonly string[],
  testCommand: readonly string[] | null = null,
): Promise<readonly TestPlan[]> {
  const tree = { files: Object.keys(files), readFile: (path: string) => Promise.resolve(files[path] ?? null) }
  return findTestPlans(tree, changed, { testCommand })
}

const shown = (plans: readonly TestPlan[]) =>
  plans.map(({ directory, command }) => [directory, command.join(' ')])
const source = (path: string, text = '') => ({ path, text })

describe('the command of services.yaml', () => {
  test.each([
    [
      'python3 -m unittest discover -s tests',
      'python3 -m unittest discover -s tests -v',
      'python3 -m unittest discover -s tests -p test_new.py -v',
    ],
    [
      'python3 -m pytest tests',
      'python3 -m pytest tests -rA --color=no -p no:cacheprovider',
      'python3 -m pytest tests/test_new.py -rA --color=no -p no:cacheprovider',
    ],
    [
      '/opt/node --test test/*.ts',
      '/opt/node --test --test-reporter=tap test/*.ts',
      '/opt/node --test --test-reporter=tap tests/test_new.py',
    ],
    ['go test ./...', 'go test -json ./...', 'go test -json -count=1 -run ^(?:)$ ./tests'],
    ['make test', 'make test', undefined],
  ])('%s', async (command, whole, only) => {
    const [plan] = await plansOf({}, [], command.split(' '))
    expect(plan?.command.join(' ')).toBe(whole)
    expect(plan?.only(source('tests/test_new.py'))?.join(' ')).toBe(only)
  })
})

describe('without one, by the files:', () => {
  test('unittest searches each folder of tests, from where its modules are imported', async () => {
    const [plan] = await plansOf(PYTHON.files, ['payment/receipt.py'])
    expect(plan).toMatchObject({
      runner: 'unittest',
      directory: '',
      environment: { PYTHONPATH: '/checkout' },
    })
    expect(plan?.command.join(' ')).toBe('python3 -m unittest discover -v -s tests -t . -p test*.py')
    const [flat] = await plansOf({ 'app.py': '', 'tests/test_a.py': 'import unittest' }, ['app.py'])
    expect(flat?.command.join(' ')).toBe('python3 -m unittest discover -v -s tests -t tests -p test*.py')
  })

  test('pytest where the tests need it, and unittest where it is not installed', async () => {
    const [plan] = await plansOf(PYTEST.files, ['src/payment/receipt.py'])
    expect(plan).toMatchObject({
      runner: 'pytest',
      environment: { PYTHONPATH: '/checkout:/checkout/src' },
      otherwise: { runner: 'unittest' },
    })
  })

  test('the test script of package.json, in a form that names each test', async () => {
    const [plan] = await plansOf(TYPESCRIPT.files, ['src/receipt.ts'])
    expect(plan?.runner).toBe('node-test')
    expect(plan?.command.at(-1)).toContain('node --test --test-reporter=tap')
    const [jest] = await plansOf({ 'package.json': '{"scripts":{"test":"jest"}}' }, ['a.js'])
    expect(jest).toMatchObject({ runner: 'text', environment: { CI: '1' } })
    expect(jest?.only(source("it's.test.js"))?.at(-1)).toContain(`jest 'it'\\''s.test.js'`)
  })

  test('only the project that holds the change, with the tests that node would not find by itself', async () => {
    expect(shown(await plansOf(JAVASCRIPT.files, ['services/payment/receipt.js']))).toEqual([
      ['services/payment', 'node --test --test-reporter=tap tests/receipt.spec.js'],
    ])
  })

  test('every project where no one of them holds the change', async () => {
    const files = { 'a/go.mod': '', 'a/x_test.go': '', 'b/go.mod': '', 'b/y_test.go': '', 'README.md': '' }
    expect((await plansOf(files, ['README.md'])).map(({ directory }) => directory)).toEqual(['a', 'b'])
  })

  test('Go modules, and one test file by the names of its tests', async () => {
    const [plan] = await plansOf(GO.files, ['internal/receipt/receipt.go'])
    expect(plan?.command.join(' ')).toBe('go test -json -count=1 -vet=off ./...')
    expect(
      plan
        ?.only(
          source('internal/receipt/x_test.go', 'func TestA(t *testing.T) {}\nfunc TestB(t *testing.T) {}'),
        )
        ?.slice(-3),
    ).toEqual(['-run', '^(?:TestA|TestB)$', './internal/receipt'])
  })

  test('Maven from its outermost project; plain Java by its main methods', async () => {
    const files = { 'pom.xml': '', 'core/pom.xml': '', 'core/src/A.java': '' }
    expect(await plansOf(files, ['core/src/A.java'])).toMatchObject([{ runner: 'junit', directory: '' }])
    const [plain] = await plansOf(JAVA.files, ['src/main/java/shop/Receipt.java'])
    expect(plain).toMatchObject({ runner: 'java-main' })
    expect(plain?.command.at(-1)).toContain("'shop.ReceiptTest'")
  })

  test('no tests, no plan', async () => {
    expect(
      await plansOf(
        {
          'main.py': '',
          'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
        },
        ['main.py'],
      ),
    ).toEqual([])
  })
})
