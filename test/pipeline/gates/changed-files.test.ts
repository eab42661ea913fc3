import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { changedFiles, isTestFile } from '../../../src/pipeline/gates/changed-files.ts'
import { SampleRepository } from '../../support/sample-repositories.ts'

describe('a diff of git', () => {
  const repository = new SampleRepository({
    'app.py': 'one\ntwo\nthree\n',
    'a folder/ünï "code".txt': 'x\n',
    'run.sh': 'echo\n',
    'gone.txt': '-- gone\n',
  })
  afterAll(() => repository.remove())

  test('tells added lines by their numbers, and what else changes', () => {
    const files = changedFiles(
      repository.diffOf({
        'app.py': 'one\n2\nthree\nfour\n',
        'gone.txt': null,
        'new.txt': '++ new\n',
        'empty.txt': '',
      }),
    )
    const app = files.find(({ path }) => path === 'app.py')
    expect(app).toMatchObject({
      change: 'modified',
      added: [
        { line: 2, text: '2' },
        { line: 4, text: 'four' },
      ],
      removed: ['two'],
      oldMode: '100644',
    })
    expect(files.find(({ path }) => path === 'gone.txt')).toMatchObject({
      change: 'deleted',
      removed: ['-- gone'],
    })
    expect(files.find(({ path }) => path === 'new.txt')).toMatchObject({
      change: 'added',
      added: [{ line: 1, text: '++ new' }],
    })
    expect(files.find(({ path }) => path === 'empty.txt')).toMatchObject({ change: 'added', added: [] })
  })

  test('tells paths that git quotes, binary files and files without a final newline', () => {
    const path = 'a folder/ünï "code".txt'
    const files = changedFiles(repository.diffOf({ [path]: 'y', 'logo.bin': '\0\u0001' }))
    expect(files.find((file) => file.path === path)).toMatchObject({
      added: [{ line: 1, text: 'y' }],
      removed: ['x'],
    })
    expect(files.find((file) => file.path === 'logo.bin')).toMatchObject({ change: 'added', binary: true })
  })

  test('gives back any text that was put into a file', () => {
    const line = fc
      .string({ unit: 'grapheme-ascii', maxLength: 12 })
      .map((text) => text.replace(/[\n\r\0]/g, ''))
    const property = fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const text = ['--- a/x', '+++ b/x', '@@ -1 +1 @@', 'diff --git a/x b/x', ...lines].join('\n')
      const [file] = changedFiles(repository.diffOf({ 'any.txt': `${text}\n` }))
      expect(file?.added.map((added) => added.text).join('\n')).toBe(text)
    })
    fc.assert(property, { numRuns: 25 })
  })
})

test.each([
  ['tests/test_a.py', true],
  ['src/a.test.ts', true],
  ['internal/a_test.go', true],
  ['src/test/java/shop/ReceiptTest.java', true],
  ['conftest.py', true],
  ['contest.py', false],
  ['src/latest.ts', false],
  ['testimony/app.py', false],
])('%s is a test: %s', (path, expected) => expect(isTestFile(path)).toBe(expected))
