import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import type { Language } from '../../src/pipeline/signals/stack-trace.ts'
import { TEMPLATES } from '../pipeline/planning/shipped.ts'
import { describeWith } from '../support/needs.ts'

/** What the tests of the templates say must come out, each in a file of its own. */
function outcomes(language: Language, extension: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-templates-'))
  return TEMPLATES.filter(({ languages }) => languages.includes(language)).flatMap(({ id, tests }) =>
    tests.map(({ after }, index) => {
      const file = join(folder, `${id}-${index}${extension}`)
      writeFileSync(file, after)
      return file
    }),
  )
}

/** Unit tests ask the parsers of Python and JavaScript; these two languages have theirs outside of Node. */
describeWith(['go', 'java'], 'what templates write', () => {
  it('in Go is formed as gofmt would', async () => {
    const files = outcomes('go', '.go')
    expect(files.length).toBeGreaterThan(15)
    const { stdout, stderr } = await execa('gofmt', ['-e', '-l', ...files], { reject: false })
    expect(stdout + stderr).toBe('')
  })

  it('in Java is read by its compiler', async () => {
    const files = outcomes('java', '.java')
    expect(files.length).toBeGreaterThan(12)
    // Names of the examples are made up: the compiler stops before it looks for them.
    const { stdout, stderr } = await execa('javac', ['-XDshould-stop.ifNoError=PARSE', ...files], {
      reject: false,
    })
    expect(stdout + stderr).toBe('')
  })
})
