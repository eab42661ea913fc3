import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localizeCommand } from '../../src/commands/localize.ts'
import { TemporaryRepository, temporaryDirectory } from '../integrations/git/temp-repository.ts'

const SOURCE = 'export function city(order) {\n  return order.address.city\n}\n'
const STACK = 'TypeError: x\n    at city (/app/src/city.js:2:24)'

async function run(trace: string, options: { commit?: string; repo?: string } = {}) {
  const repository = new TemporaryRepository()
  repository.commit('start', { 'src/city.js': SOURCE })
  repository.commit('licence', { 'src/city.js': `// licence\n${SOURCE}` })
  const file = join(temporaryDirectory(), 'trace.log')
  writeFileSync(file, trace)
  const written: string[] = []
  const code = await localizeCommand({ repo: repository.directory, trace: file, ...options }, (text) =>
    written.push(text),
  )
  return {
    code,
    answer: JSON.parse(written.join('')) as Record<string, unknown>,
    lines: written.join('').split('\n').length,
  }
}

describe('ccp localize', () => {
  it('prints one JSON object on one line and ends with 0', async () => {
    const { code, answer, lines } = await run(STACK, { commit: 'HEAD~1' })
    expect(code).toBe(0)
    expect(lines).toBe(2)
    expect(answer).toMatchObject({
      file: 'src/city.js',
      line: 2,
      symbol: 'city',
      language: 'javascript',
      exception: { type: 'TypeError' },
    })
    expect(Object.keys(answer)).toEqual(
      'file line symbol language exception snippet blame suspectCommit frames doubts ms'.split(' '),
    )
  })

  it('reads a log, the most frequent trace that leads into the repository first', async () => {
    const line = (stack: string): string =>
      JSON.stringify({ level: 'error', msg: 'failed', error: { stack } })
    const other = 'Error: y\n    at f (/app/node_modules/pg/client.js:1:1)'
    const { answer } = await run([line(other), line(other), line(STACK)].join('\n'))
    expect(answer).toMatchObject({ file: 'src/city.js' })
  })

  it('ends with 1 and a reason where no frame belongs to the repository', async () => {
    const { code, answer } = await run('Error: y\n    at f (/srv/other.js:1:1)')
    expect(code).toBe(1)
    expect(answer).toMatchObject({ reason: expect.stringContaining('/srv/other.js') })
  })

  it.each([
    ['a file without a trace', () => run('all is well'), 'bad-input'],
    ['an empty file', () => run(''), 'bad-input'],
    ['a commit that is not there', () => run(STACK, { commit: 'nope' }), 'not-found'],
    ['a directory that is no repository', () => run(STACK, { repo: temporaryDirectory() }), 'not-found'],
    ['a directory that is not there', () => run(STACK, { repo: '/nowhere' }), 'not-found'],
  ])('names the fault of %s', async (_, command, code) => {
    await expect(command()).rejects.toMatchObject({ code, mend: expect.any(String) })
  })

  it('names a trace file that is not there', async () => {
    const repository = new TemporaryRepository()
    const trace = join(repository.directory, 'gone.log')
    const command = localizeCommand({ repo: repository.directory, trace }, () => undefined)
    await expect(command).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('gone.log'),
    })
  })
})
