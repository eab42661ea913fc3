import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { safetyGatesSchema } from '../../src/config/schema/safety-gates.ts'

type Shipped = Record<string, Record<string, unknown>>
const shipped = (): Shipped => parse(readFileSync('config/safety-gates.yaml', 'utf8')) as Shipped
const problemsOf = (change: (settings: Shipped) => void): string => {
  const settings = shipped()
  change(settings)
  return JSON.stringify(safetyGatesSchema.safeParse(settings).error?.issues ?? [])
}

describe('safety-gates.yaml', () => {
  test('as it ships is whole, with times in milliseconds', () => {
    expect(safetyGatesSchema.parse(shipped())).toMatchObject({
      sandbox: { kind: 'bubblewrap' },
      limits: { wallMs: 120_000, cpuSeconds: 120 },
      lint: { maxNewFindings: 0 },
    })
  })

  const mistakes: readonly (readonly [string, (settings: Shipped) => void, string])[] = [
    ['no sandbox without a reason', (s) => (s['sandbox'] = { kind: 'none' }), 'say why foreign code may run'],
    ['a risk that can never be reached', (s) => (s['risk']!['threshold'] = 5), 'the gate could never fail'],
    [
      'a static analysis that lets all through',
      (s) => (s['staticAnalysis']!['failOn'] = []),
      'must contain critical',
    ],
    [
      'a rule that is no CEL',
      (s) => (s['policy']!['rules'] = [{ name: 'x', allow: 'patch.', message: 'm' }]),
      'is not a CEL expression',
    ],
    [
      'tiers the wrong way round',
      (s) => (s['risk']!['tiers'] = { medium: 0.4, high: 0.2 }),
      'is above `high`',
    ],
    ['a key that is not known', (s) => (s['limits']!['ram'] = 1), 'unrecognized_keys'],
  ]
  test.each(mistakes)('refuses %s', (_, change, message) => expect(problemsOf(change)).toContain(message))
})
