import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCcp } from './run-ccp.ts'

const ROOT = new URL('../../../', import.meta.url)
const RUNBOOKS = readdirSync(new URL('docs/runbooks', ROOT)).map((name) => `docs/runbooks/${name}`)

/** What stands after `ccp --` up to the end of the command: its words, in the order of the page. */
function commandsIn(page: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(page, ROOT), 'utf8')
  return [...text.matchAll(/npm run -s ccp -- ([^\n`#]+)/g)].map(([, words]) =>
    (words ?? '').trim().split(/\s+/),
  )
}

describe('the pages that tell people what to type', () => {
  it('name only commands and options that exist', async () => {
    const commands = ['README.md', 'docs/templates.md', ...RUNBOOKS].flatMap(commandsIn)
    expect(commands.length).toBeGreaterThan(20)
    const pathOf = ([first = '', second = '']: readonly string[]) =>
      ['audit', 'templates'].includes(first) ? `${first} ${second}` : first
    const paths = new Set(commands.map(pathOf))
    const helps = new Map<string, string>()
    for (const path of paths) {
      const { code, stdout } = await runCcp(path === '--help' ? ['--help'] : [...path.split(' '), '--help'])
      expect(code, path).toBe(0)
      if (path !== '--help') expect(stdout, path).toContain(`Usage: ccp ${path}`)
      helps.set(path, stdout)
    }
    for (const words of commands) {
      const help = helps.get(pathOf(words)) ?? ''
      for (const option of words.filter((word) => word.startsWith('--')))
        expect(help, words.join(' ')).toContain(option)
    }
  })
})
