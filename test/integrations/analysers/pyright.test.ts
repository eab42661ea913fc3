import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PyrightAnalyser } from '../../../src/integrations/analysers/pyright.ts'
import type { Files } from '../../support/sample-repositories.ts'

const pyright = new PyrightAnalyser(60_000)
const roots: string[] = []
beforeAll(() => pyright.warmUp(), 60_000)
afterAll(async () => {
  await pyright.dispose()
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

async function errorsOf(files: Files, path: string): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ccp-pyright-'))
  roots.push(directory)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text ?? '')
  }
  const checkout = {
    directory,
    files: Object.keys(files),
    readFile: () => Promise.resolve(null),
    remove: () => Promise.resolve(),
  }
  const answer = await pyright.analyse({ checkout, files: [{ path, text: files[path] ?? '' }] })
  if (answer.kind !== 'analysed') throw new Error(answer.reason)
  return answer.findings.map(({ rule, line }) => `${rule}:${line}`)
}

describe('pyright', () => {
  test('finds the member of a value that may be None', async () => {
    const files = { 'app.py': 'import re\n\nprint(re.match("a", "b").group())\n' }
    expect(await errorsOf(files, 'app.py')).toEqual(['reportOptionalMemberAccess:3'])
  })

  test('follows imports through the tree, each tree by itself', async () => {
    const tree = (type: string): Files => ({
      'shop/__init__.py': '',
      'shop/money.py': `def amount() -> ${type}: ...\n`,
      'shop/app.py': 'from shop.money import amount\n\ntotal: int = amount()\n',
    })
    expect(await errorsOf(tree('str'), 'shop/app.py')).toEqual(['reportAssignmentType:3'])
    expect(await errorsOf(tree('int'), 'shop/app.py')).toEqual([])
  })

  test('does not read the settings of the repository', async () => {
    const files = {
      'pyrightconfig.json': '{ "typeCheckingMode": "off", "ignore": ["**"] }',
      'app.py': 'x: int = ""\n',
    }
    expect(await errorsOf(files, 'app.py')).toEqual(['reportAssignmentType:1'])
  })

  test('does not complain of what is only not installed', async () => {
    expect(
      await errorsOf({ 'app.py': 'import not_installed\n\nnot_installed.call(1).more\n' }, 'app.py'),
    ).toEqual([])
  })

  test('tells the same of the same code each time', async () => {
    // Small programs do not show it: with this one closed, every second look told one error of three.
    const text = readFileSync(join(import.meta.dirname, 'fixtures/server.py'), 'utf8')
    const told = [
      'reportAttributeAccessIssue:30',
      'reportAttributeAccessIssue:31',
      'reportAttributeAccessIssue:73',
    ]
    for (let time = 1; time <= 4; time += 1)
      expect(await errorsOf({ 'app.py': text }, 'app.py')).toEqual(told)
  })

  test('starts again after its server has ended', async () => {
    await pyright.dispose()
    expect(await errorsOf({ 'app.py': 'x: int = ""\n' }, 'app.py')).toEqual(['reportAssignmentType:1'])
  })
})
