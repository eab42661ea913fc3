import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCcp, temporaryFolder } from './run-ccp.ts'

/** The example of the page: what it shows must hold. */
function exampleOfThePage(): string {
  const page = readFileSync(new URL('../../../docs/templates.md', import.meta.url), 'utf8')
  return /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
}

interface Line {
  readonly file: string
  readonly line?: number | null
  readonly message?: string
  readonly templates?: number
  readonly tests?: number
}

async function check(text: string | null) {
  const file = join(temporaryFolder(), 'own.yaml')
  if (text !== null) writeFileSync(file, text)
  const { code, stdout, stderr } = await runCcp(['templates', 'check', file])
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return { code, file, stderr, problems: lines.slice(0, -1), sum: lines.at(-1) }
}

const told = (problems: readonly Line[]) => problems.map(({ line, message }) => `${line} ${message}`)

describe('ccp templates check', () => {
  it('says that the templates that ship hold', async () => {
    const { code, stdout } = await runCcp(['templates', 'check'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: expect.stringContaining('config/fix-templates.yaml'),
      mistakes: 0,
      failures: 0,
    })
  })

  it('takes the file of the configured folder where there is one', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'fix-templates.yaml'), exampleOfThePage())
    const { stdout } = await runCcp(['templates', 'check'], { CCP_CONFIG_DIR: folder })
    expect(JSON.parse(stdout)).toMatchObject({ templates: 1, tests: 1 })
  })

  it('holds for the example of docs/templates.md', async () => {
    expect(await check(exampleOfThePage())).toMatchObject({
      code: 0,
      problems: [],
      sum: { templates: 1, tests: 1 },
    })
  })

  it('ends with 1 where a test does not hold, and shows what comes out instead', async () => {
    const text = exampleOfThePage().replace('fix: sum($ITEMS or ())', 'fix: sum($ITEMS or [])')
    const { code, file, problems } = await check(text)
    expect(code).toBe(1)
    expect(problems).toEqual([
      {
        file,
        line: 15,
        message:
          'python-sum-of-missing, test 1: gives\ntotal = sum(order.get("prices") or [])\ninstead of\ntotal = sum(order.get("prices") or ())\n: correct the fix, or the test',
      },
    ])
  })

  it('names every problem of every template at once, with its line', async () => {
    const good = exampleOfThePage()
    const again = (id: string, ...changes: readonly (readonly [string, string])[]) =>
      changes
        .reduce((text, [from, to]) => text.replace(from, to), good)
        .replace('templates:\n', '')
        .replace('python-sum-of-missing', id)
    const text = [
      good,
      again('python-sum-of-missing'),
      again('unknown-field', ['    confidence: 0.7', '    colour: red\n    confidence: 0.7']),
      again(
        'no-rule',
        ['pattern: sum($ITEMS)', 'kind: no_such_kind'],
        ['`$ITEMS`', 'it'],
        ['sum($ITEMS or ())', 'x'],
      ),
      again('no-test', [good.slice(good.indexOf('    tests:')), '    tests: []\n']),
      again('no-fix', ['    fix: sum($ITEMS or ())\n', '']),
      again('wrong-test', ['line: 1', 'line: 2']),
    ].join('')
    const lines = text.split('\n')
    /** Counts from 1; the first line with these words, from that of an id on. */
    const lineOf = (words: string, id = 'python-sum-of-missing') =>
      lines.findIndex((each, at) => each.includes(words) && at >= lines.indexOf(`  - id: ${id}`)) + 1
    const second = lines.lastIndexOf('  - id: python-sum-of-missing') + 1
    const { code, problems } = await check(text)
    expect(code).toBe(2)
    expect(told(problems)).toEqual([
      `${lineOf('colour: red')} templates[2].colour is not a known key: remove it or correct its spelling`,
      expect.stringContaining(
        `${lineOf('no_such_kind')} templates[3].match: is no rule that ast-grep takes: correct it, `,
      ),
      `${lineOf('tests: []')} templates[4].tests: carries no test: add one with before, after and line`,
      `${lineOf('id: no-fix')} templates[5].fix: is missing: write a text`,
      `${second} templates[1].id: the id python-sum-of-missing is used twice: give each template its own`,
      expect.stringContaining(
        `${lineOf('- before', 'wrong-test')} wrong-test, test 1: finds nothing to mend on line 2: correct the line, `,
      ),
    ])
  })

  it.each([
    ['is not YAML', 'templates: [', 'is not valid YAML'],
    ['holds no list', 'fixes: []', 'templates: is missing: write a list'],
    ['is not there', null, 'it must be a file that this user may read'],
  ] as const)('ends with 2 where the file %s', async (_, text, words) => {
    const { code, problems, stderr } = await check(text)
    expect(code).toBe(2)
    expect(told(problems).join('\n')).toContain(words)
    expect(stderr).toBe('')
  })
})
