import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCcp, temporaryFolder } from './run-ccp.ts'
import { TemporaryRepository } from '../../integrations/git/temp-repository.ts'

const repository = (): string => {
  const made = new TemporaryRepository()
  made.commit('start', { 'a.js': 'export const a = 1\n' })
  return made.directory
}

describe('the help of a command', () => {
  it.each(['start', 'incidents', 'outcomes', 'replay', 'audit', 'rca', 'localize', 'fix', 'gates', 'verify'])(
    'explains %s',
    async (command) => {
      const { code, stdout } = await runCcp([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: ccp ${command}`)
    },
  )
})

describe('a stage alone, given a malformed file', () => {
  const fileWith = (text: string): string => {
    const file = join(temporaryFolder(), 'input')
    writeFileSync(file, text)
    return file
  }

  it.each([
    ['verify', () => ['verify', fileWith('{')], /is not JSON/],
    ['verify', () => ['verify', '/nowhere.json'], /there is no such file/],
    ['rca', () => ['rca', fileWith('{"id": 1}')], /input/],
    ['rca', () => ['rca', '/nowhere.json.gz'], /nowhere\.json\.gz/],
    [
      'localize',
      () => ['localize', '--repo', temporaryFolder(), '--trace', fileWith('x')],
      /no git repository|stack trace/,
    ],
    ['localize', () => ['localize', '--repo', repository(), '--trace', '/nowhere.log'], /nowhere\.log/],
    [
      'fix',
      () => ['fix', '--repo', temporaryFolder(), '--trace', fileWith('x')],
      /no git repository|stack trace/,
    ],
    [
      'gates',
      () => ['gates', '--repo', temporaryFolder(), '--patch', fileWith('x')],
      /no git repository|patch/,
    ],
    ['gates', () => ['gates', '--repo', repository(), '--patch', '/nowhere.patch'], /nowhere\.patch/],
    ['replay', () => ['replay', 'pd-1', '--database', '/nowhere.sqlite'], /there is no journal at/],
    ['replay', () => ['replay', 'pd-1', '--against', '/nowhere'], /folder that does not exist/],
  ] as const)('%s says what is wrong and ends with 2', async (_, args, words) => {
    const { code, stdout, stderr } = await runCcp(args())
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain('unexpected fault')
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})
