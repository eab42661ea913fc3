import { describe, expect, it } from 'vitest'
import { runCcp } from './run-ccp.ts'

const COMMANDS = [
  'start',
  'demo',
  'incidents',
  'outcomes',
  'graph',
  'replay',
  'audit',
  'templates',
  'rca',
  'localize',
  'fix',
  'gates',
  'verify',
]

describe('ccp', () => {
  it('lists every command and the exit codes in its help', async () => {
    const { code, stdout } = await runCcp(['--help'])
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    expect(stdout).toContain('Exit codes: 0 done, 1 a negative answer, 2 bad input')
  })

  it.each([
    [['strat'], /unknown command 'strat'/],
    [['incidents', '--opne'], /unknown option '--opne'/],
    [['incidents', '--limit', 'many'], /write a whole number above 0/],
    [['graph', '--depth', '17', '--service', 'payment'], /write a whole number from 1 to 16/],
    [['graph', '--depth', '2'], /--depth goes with --service/],
    [['graph', '--service', 'payment'], /knows no service "payment"/],
    [['audit', 'prove'], /unknown command 'prove'/],
    [['localize'], /required option '--repo <dir>' not specified/],
    [['gates', '--repo', '.', '--patch', 'x', '--confidence', '2'], /write a number from 0 to 1/],
    [['verify'], /missing required argument 'file'/],
    [[], /Usage: ccp/],
  ] as const)('answers %j with a clear sentence and 2', async (args, words) => {
    const { code, stdout, stderr } = await runCcp(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(words)
    expect(stdout).toBe('')
  })
})
