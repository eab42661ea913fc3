import { describe, expect, it } from 'vitest'
import { rankSettingChanges } from '../../../src/pipeline/localization/rank-setting-changes.ts'
import type { SettingChange } from '../../../src/pipeline/signals/setting-changes.ts'
import { aDiagnosis } from './a-diagnosis.ts'

const change = (key: string, before: string | null, after: string | null): SettingChange => ({
  key,
  before,
  after,
  line: 1,
})

const trace = (last: string): string =>
  `Traceback (most recent call last):\n  File "/app/a.py", line 1, in f\n    g()\n${last}`

function order(changes: readonly SettingChange[], last = ''): readonly (string | null)[][] {
  const ranked = rankSettingChanges(changes, aDiagnosis(last === '' ? '' : trace(last)))
  return ranked.map(({ change: { key }, why }) => [key, why])
}

describe('which of several settings broke it', () => {
  it('is first the one that the exception names, by key or by value', () => {
    const changes = [change('timeoutMs', '2000', '2'), change('bank.url', 'http://old', 'http://edinburgh')]
    expect(order(changes, "ConnectionError: no route to 'edinburgh'")[0]).toEqual([
      'bank.url',
      'and the exception names edinburgh',
    ])
    expect(order(changes, 'ValueError: timeout too short')[0]).toEqual([
      'timeoutMs',
      'by a factor of 1000, as if in another unit, and the exception names timeout',
    ])
  })

  it('is then a number of another magnitude, then what was there before, then what is new', () => {
    const changes = [
      change('NEW', null, '1'),
      change('NAME', 'a', 'b'),
      change('GONE', '1', null),
      change('LIMIT', '1_500.50', '15'),
    ]
    expect(order(changes).map(([key]) => key)).toEqual(['LIMIT', 'NAME', 'GONE', 'NEW'])
  })

  it('is not found by words that every message has', () => {
    expect(order([change('error_key', 'a', 'b')], 'KeyError: no value of that type')).toEqual([
      ['error_key', null],
    ])
  })

  it.each([
    ['0', '70'],
    ['70', '0'],
    ['70', '72'],
    ['10.0.0.1', '10.0.0.200'],
    ['1'.repeat(100_000) + 'x', '1'],
  ])('is not suspected by the magnitude of %s -> %s', (before, after) => {
    expect(order([change('A', before, after)])).toEqual([['A', null]])
  })
})
