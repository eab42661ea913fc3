import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tool } from '../../scripts/prepare-machine.ts'
import { gatesCommand, openTools, type GatesConfig, type GateTools } from '../../src/commands/gates.ts'
import { loadSettings } from '../../src/config/load.ts'
import { GATES, type GateId, type GateReport } from '../../src/pipeline/contracts.ts'
import { describeWith } from '../support/needs.ts'
import { SampleRepository, type Files } from '../support/sample-repositories.ts'
import { GO, JAVA, JAVASCRIPT, PYTHON, TYPESCRIPT, type SampleService } from '../support/sample-services.ts'

/** The table of what each gate stops, over small services in the languages that are read. Real tools, real sandbox. */

const config: GatesConfig = { settings: loadSettings(['gates'], {}).gates, services: [] }

/** Kept warm over all rows, as in the bot. */
let tools: GateTools
beforeAll(() => {
  tools = openTools(config.settings, [])
})
afterAll(() => tools.close())

const keepWarm = (): GateTools => ({ ...tools, close: () => Promise.resolve() })

/** So that the other gates decide, unless the row is about the risk. */
const CERTAIN = 0.95

interface Answer {
  readonly report: GateReport
  readonly exitCode: number
}

async function judge(repository: SampleRepository, change: Files, confidence = CERTAIN): Promise<Answer> {
  const scratch = mkdtempSync(join(tmpdir(), 'ccp-patch-'))
  try {
    const patch = join(scratch, 'change.patch')
    writeFileSync(patch, repository.diffOf(change))
    const lines: string[] = []
    const options = { repo: repository.directory, patch, confidence }
    const exitCode = await gatesCommand(options, config, (text) => void lines.push(text), keepWarm)
    return { report: JSON.parse(lines.join('')) as GateReport, exitCode }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function statusOf({ report }: Answer, gate: GateId): string {
  const result = report.results.find((one) => one.gate === gate)
  return `${gate} ${result?.status ?? 'is missing'}: ${result?.summary ?? ''}`
}

function rulesOf({ report }: Answer, gate: GateId): readonly string[] {
  return report.results.find((one) => one.gate === gate)?.findings.map(({ rule }) => rule) ?? []
}

function notPassed({ report }: Answer): readonly string[] {
  return report.results
    .filter(({ status }) => status !== 'passed')
    .map(({ gate, status, summary }) => `${gate} ${status}: ${summary}`)
}

/** Stopped by that gate, with an exit code that a script sees, and all seven told in order. */
function expectStoppedBy(answer: Answer, gate: GateId): void {
  expect(statusOf(answer, gate)).toMatch(new RegExp(`^${gate} failed`))
  expect(answer.report.passed).toBe(false)
  expect(answer.exitCode).toBe(1)
  expect(answer.report.results.map((result) => result.gate)).toEqual(GATES)
}

function table(service: SampleService, needed: readonly Tool[]): void {
  describeWith(['git', 'bubblewrap', ...needed], `the gates on ${service.name}`, () => {
    let repository: SampleRepository
    beforeAll(() => {
      repository = new SampleRepository(service.files)
    })
    afterAll(() => {
      repository.remove()
    })

    test('the fix that a person wrote passes all seven', async () => {
      const answer = await judge(repository, service.fix)
      expect(notPassed(answer)).toEqual([])
      expect(answer.exitCode).toBe(0)
      expect(answer.report.sandbox).toMatch(/^bubblewrap \d/)
    })

    const rows: readonly [string, Files, GateId][] = [
      ['a syntax error is stopped by syntax', service.syntaxError, 'syntax'],
      ['a new lint finding is stopped by lint', service.lintError, 'lint'],
      ['a test that the change breaks is stopped by unit-tests', service.failingTest, 'unit-tests'],
      ['a planted AWS key is stopped by security', service.plantedKey, 'security'],
      ['input that becomes code is stopped by static-analysis', service.evalOfInput, 'static-analysis'],
    ]
    test.each(rows)('%s', async (_, change, gate) => {
      expectStoppedBy(await judge(repository, change), gate)
    })

    test('a workflow of the forge is stopped by policy', async () => {
      const workflow = { '.github/workflows/ci.yml': 'on: push\njobs: {}\n' }
      const answer = await judge(repository, { ...service.fix, ...workflow })
      expectStoppedBy(answer, 'policy')
      expect(rulesOf(answer, 'policy')).toEqual(['forbidden-path'])
      expect(notPassed(answer)).toHaveLength(1)
    })

    test('a deleted test is stopped by unit-tests', async () => {
      const answer = await judge(repository, { ...service.fix, ...withoutTests(service) })
      // Without its only test file there is nothing that could vouch for the change.
      expect(statusOf(answer, 'unit-tests')).toMatch(/^unit-tests (failed|blocked)/)
      expect(answer.report.passed).toBe(false)
    })
  })
}

function withoutTests({ files }: SampleService): Files {
  const path = Object.keys(files).find((one) =>
    /test_\w+\.py$|\.(?:test|spec)\.[jt]s$|_test\.go$|Test\.java$/.test(one),
  )
  if (path === undefined) throw new Error('the sample has no test file')
  return { [path]: null }
}

table(PYTHON, ['python3'])
table(TYPESCRIPT, [])
table(JAVASCRIPT, [])
table(GO, ['go'])
table(JAVA, ['java'])

describeWith(['git', 'bubblewrap', 'python3'], 'the gates on the change as a whole', () => {
  let repository: SampleRepository
  const large = Array.from(
    { length: 60 },
    (_, i) => `def rule_${i}(x):\n    if x > ${i}:\n        return ${i}\n    return x\n`,
  )

  beforeAll(() => {
    repository = new SampleRepository(PYTHON.files)
  })
  afterAll(() => {
    repository.remove()
  })

  test('a large change of which nothing is known is stopped by risk alone', async () => {
    const answer = await judge(repository, { 'payment/rules.py': large.join('\n\n') }, 0.2)
    expectStoppedBy(answer, 'risk')
    expect(notPassed(answer)).toHaveLength(1)
    expect(answer.report.risk.tier).toBe('high')
  })

  test('one test taken out of several is named', async () => {
    const path = 'tests/test_receipt.py'
    const tests = PYTHON.files[path] ?? ''
    const fewer = tests.slice(0, tests.indexOf('    def test_total'))
    const answer = await judge(repository, {
      ...PYTHON.fix,
      [path]: fewer.replace('city_of, total', 'city_of'),
    })
    expectStoppedBy(answer, 'unit-tests')
    expect(rulesOf(answer, 'unit-tests')).toEqual(['test-deleted'])
    expect(statusOf(answer, 'unit-tests')).toContain('test_total')
  })

  test('a test that is skipped now is named', async () => {
    const path = 'tests/test_receipt.py'
    const skipped = (PYTHON.files[path] ?? '').replace(
      '    def test_total',
      '    @unittest.skip("later")\n    def test_total',
    )
    const answer = await judge(repository, { ...PYTHON.fix, [path]: skipped })
    expectStoppedBy(answer, 'unit-tests')
    expect(rulesOf(answer, 'unit-tests')).toEqual(['test-skipped'])
  })

  test('findings that were there before do not stop the fix', async () => {
    const old = { 'payment/receipt.py': `import os\n${PYTHON.files['payment/receipt.py'] ?? ''}` }
    const before = new SampleRepository({ ...PYTHON.files, ...old })
    try {
      const fixed = { 'payment/receipt.py': `import os\n\n${PYTHON.fix['payment/receipt.py'] ?? ''}` }
      expect(notPassed(await judge(before, fixed))).toEqual([])
    } finally {
      before.remove()
    }
  })

  test('a repository without tests is blocked, not passed', async () => {
    const bare = new SampleRepository({ 'receipt.py': PYTHON.files['payment/receipt.py'] ?? '' })
    try {
      const answer = await judge(bare, { 'receipt.py': PYTHON.fix['payment/receipt.py'] ?? '' })
      expect(statusOf(answer, 'unit-tests')).toMatch(/^unit-tests blocked: no tests were found/)
      expect(answer.exitCode).toBe(1)
    } finally {
      bare.remove()
    }
  })
})

describe('the gates at the command line', () => {
  test('an empty patch and one that does not apply are refused as bad input', async () => {
    const repository = new SampleRepository(PYTHON.files)
    const scratch = mkdtempSync(join(tmpdir(), 'ccp-patch-'))
    const run = (text: string) => {
      writeFileSync(join(scratch, 'p'), text)
      return gatesCommand(
        { repo: repository.directory, patch: join(scratch, 'p') },
        config,
        () => undefined,
        keepWarm,
      )
    }
    try {
      await expect(run('')).rejects.toMatchObject({ code: 'bad-input' })
      const elsewhere = repository.diffOf(PYTHON.fix).replaceAll('payment/receipt.py', 'payment/nowhere.py')
      await expect(run(elsewhere)).rejects.toMatchObject({ code: 'bad-input' })
    } finally {
      repository.remove()
      rmSync(scratch, { recursive: true, force: true })
    }
  })
})
