import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AnalysisThread } from '../../../src/integrations/analysers/analysis-thread.ts'
import { SecretlintScanner } from '../../../src/integrations/analysers/secretlint-scanner.ts'
import type { WorkerJob } from '../../../src/integrations/analysers/worker/protocol.ts'

const thread = new AnalysisThread(15_000)
afterAll(() => thread.dispose())

async function rules(
  tool: Exclude<WorkerJob['tool'], 'types'>,
  path: string,
  text: string,
): Promise<readonly string[]> {
  const { findings } = await thread.ask({ tool, files: [{ path, text }] })
  return findings.map(({ rule, line }) => `${rule}:${line}`)
}

describe('syntax, by the parser of the language', () => {
  test.each([
    ['ruff-syntax', 'a.py', 'def f(:\n    pass\n'],
    ['ruff-syntax', 'a.py', 'if x\n    pass\n'],
    ['oxc', 'a.ts', 'const x: = 1\n'],
    ['oxc', 'a.js', 'function f( {\n'],
    ['data-syntax', 'a.json', '{"a": 1,}\n'],
    ['data-syntax', 'a.yaml', 'a: [1, 2\nb: 3\n'],
    ['data-syntax', 'a.env', 'LIMIT=70\nLIMIT 72\n'],
    ['data-syntax', 'a.env', '=70\n'],
    ['data-syntax', '.env.production', 'KEY="never closed\nB=1\n'],
  ] as const)('%s refuses %s %j', async (tool, path, text) => {
    expect((await rules(tool, path, text))[0]).toMatch(/^syntax-error/)
  })

  test.each([
    ['ruff-syntax', 'a.py', 'match x:\n    case 1:\n        pass\n'],
    ['oxc', 'a.tsx', 'export const A = () => <b>{1}</b>\n'],
    ['oxc', 'a.js', 'return 1\n'],
    ['oxc', 'a.js', "import a from 'a'\nawait a()\n"],
    ['oxc', 'a.d.ts', 'declare const a: number\n'],
    ['data-syntax', 'tsconfig.json', '{ // comment\n "a": 1,\n}\n'],
    ['data-syntax', 'a.yml', 'a: 1\n---\nb: 2\n'],
    ['data-syntax', 'a.env', '# said\n\nexport A=1\nB="two # words" # said\nC=\'a\nb\'\nD=\n'],
    ['data-syntax', 'chart/templates/a.yaml', 'a: {{ .Values.a }}\n{{- if .b }}\n'],
  ] as const)('%s accepts %s %j', async (tool, path, text) => {
    expect(await rules(tool, path, text)).toEqual([])
  })
})

describe('lint', () => {
  test.each([
    ['ruff-lint', 'a.py', 'import os\n', 'F401:1'],
    ['ruff-lint', 'a.py', 'import os  # noqa\n', 'F401:1'],
    ['ruff-lint', 'a.py', 'print(nobody)\n', 'F821:1'],
    ['eslint', 'a.js', 'export const a = nobody\n', 'no-undef:1'],
    ['eslint', 'a.js', '/* eslint-disable */ export const a = nobody\n', 'no-undef:1'],
    ['eslint', 'a.ts', 'const a: number = 1\n', '@typescript-eslint/no-unused-vars:1'],
    ['eslint', 'a.ts', 'export function f() {\n  try { f() } catch {}\n}\n', 'no-empty:2'],
    ['data-lint', 'a.env', 'LIMIT=70\nOTHER=1\nLIMIT=72\n', 'duplicate-key:3'],
    ['data-lint', 'a.json', '{\n "limit": 70,\n "limit": 72\n}\n', 'duplicate-key:3'],
  ] as const)('%s finds the fault in %s %j', async (tool, path, text, rule) => {
    expect(await rules(tool, path, text)).toContain(rule)
  })

  test.each([
    [
      'ruff-lint',
      'a.py',
      'def f(x):\n    try:\n        return x\n    except ValueError:\n        raise KeyError(x)\n',
    ],
    ['data-lint', 'a.json', '{ "a": { "limit": 70 }, "b": { "limit": 72 } }\n'],
    ['eslint', 'a.js', 'module.exports = { a: process.env.A, b: () => require("fs") }\n'],
    ['eslint', 'a.tsx', 'type P = { a?: string }\nexport const A = ({ a }: P) => <b>{a ?? null}</b>\n'],
  ] as const)('%s leaves taste alone in %s %j', async (tool, path, text) => {
    expect(await rules(tool, path, text)).toEqual([])
  })
})

describe('types of TypeScript', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ccp-types-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(
    join(directory, 'tsconfig.json'),
    '{ "compilerOptions": { "strict": true, "plugins": [{ "name": "evil" }] } }',
  )

  async function typeErrors(text: string): Promise<readonly string[]> {
    writeFileSync(join(directory, 'a.ts'), text)
    const { findings } = await thread.ask({ tool: 'types', directory, files: [{ path: 'a.ts', text }] })
    return findings.map(({ rule, line }) => `${rule}:${line}`)
  }

  test('are checked under the repository`s own options', async () => {
    expect(await typeErrors('export const f = (a?: { b: string }) => a.b\n')).toEqual(['TS18048:1'])
    expect(await typeErrors('export const f = (a?: { b: string }) => a?.b ?? process.pid\n')).toEqual([])
  })

  test('do not complain of what is only not installed', async () => {
    expect(await typeErrors("import { x } from 'not-installed'\nexport const y = x.anything(1)\n")).toEqual(
      [],
    )
  })
})

describe('the thread', () => {
  test('is ended by a question that takes too long, and started again', async () => {
    const hasty = new AnalysisThread(1)
    const text = 'x = [\n' + '  1,\n'.repeat(200_000) + ']\n'
    await expect(hasty.ask({ tool: 'eslint', files: [{ path: 'a.js', text }] })).rejects.toMatchObject({
      code: 'timeout',
    })
    await expect(hasty.ask({ tool: 'eslint', files: [{ path: 'a.js', text }] })).rejects.toMatchObject({
      code: 'timeout',
    })
    await hasty.dispose()
  })

  test('answers a failing tool with its fault, and goes on', async () => {
    const job = {
      tool: 'types',
      directory: tmpdir(),
      files: [{ path: 'ccp-nowhere.ts', text: 'x' }],
    } as const
    await expect(thread.ask(job)).rejects.toMatchObject({ code: 'internal' })
    expect(await rules('oxc', 'a.js', 'x\n')).toEqual([])
  })
})

test('secretlint finds a token and masks it', async () => {
  const token = ['xoxb', '2345678901', '2345678901234', 'AbCdEfGhIjKlMnOpQrStUvWx'].join('-')
  const findings = await new SecretlintScanner().scan({ path: 'a.py', text: `x = 1\ntoken = "${token}"\n` })
  expect(findings).toMatchObject([{ file: 'a.py', line: 2 }])
  expect(JSON.stringify(findings)).not.toContain(token)
})
