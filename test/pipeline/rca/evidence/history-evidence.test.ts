import { describe, expect, it } from 'vitest'
import { historyObservations } from '../../../../src/pipeline/rca/evidence/history-evidence.ts'
import type { LogLine, PastCause } from '../../../../src/pipeline/signals/telemetry.ts'
import { logLine, NOW } from '../builders.ts'

const DAY_S = 24 * 3600
const past = (overrides: Partial<PastCause> = {}): PastCause => ({
  incidentId: 'incident-1',
  at: NOW - 3 * DAY_S,
  symptomService: 'gateway',
  service: 'payment',
  exception: { type: 'TypeError', file: 'payment/receipt.py' },
  ...overrides,
})
const THROWS: readonly LogLine[] = [
  'Traceback (most recent call last):',
  '  File "/app/payment/receipt.py", line 41, in total',
  '    return amount + fee',
  "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'",
].map((line) => logLine('payment', 20, line))

const say = (history: readonly PastCause[], logs: readonly LogLine[] = []) =>
  historyObservations(history, { symptomService: 'gateway', logs, detectedAt: NOW, onset: NOW - 60 })
const value = (...given: Parameters<typeof say>): number => say(...given).get('payment')?.[0]?.value ?? 0

describe('what it was last time', () => {
  it('speaks most for a service that throws again what was cured in it', () => {
    expect(value([past()], THROWS)).toBeGreaterThan(0.9)
    expect(value([past()])).toBeLessThan(0.3)
    expect(value([past({ exception: null })])).toBeCloseTo(0.5 * 2 ** (-3 / 30))
  })

  it('is told with when that was and what is alike', () => {
    expect(say([past()], THROWS).get('payment')?.[0]?.text()).toBe(
      '3 days ago it was the cause (incident-1), and the fix cured it; it throws TypeError in the same file again',
    )
    expect(
      say([past({ exception: null })])
        .get('payment')?.[0]
        ?.text(),
    ).toContain('the symptom at gateway is the same')
  })

  it('fades, and however often it was the likest incident counts once', () => {
    const old = past({ at: NOW - 90 * DAY_S })
    expect(value([old], THROWS)).toBeCloseTo(1 / 8)
    expect(value([past(), past(), old], THROWS)).toBe(value([past()], THROWS))
  })

  it('is nothing of another symptom without the same exception, nor of what is yet to come', () => {
    expect(value([past({ symptomService: 'inventory' })])).toBe(0)
    expect(value([past({ symptomService: null, exception: null })])).toBe(0)
    expect(value([past({ at: NOW + 1 })], THROWS)).toBe(0)
  })
})
