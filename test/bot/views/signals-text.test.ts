import { describe, expect, it } from 'vitest'
import { harmText, signalsText } from '../../../src/bot/views/signals-text.ts'
import { signalVerdict } from '../../support/incident-records.ts'

const latency = (
  signal: 'latency_p50' | 'latency_p95' | 'latency_p99' | 'slow_ratio',
  edgeMs: number,
  pHarm: number,
) => signalVerdict({ signal, edgeMs, pHarm, logECure: null, pCure: null })

describe('the signals of a canary', () => {
  it('name what did harm, the clearest first, and not the errors where those did none', () => {
    const signals = [signalVerdict(), latency('latency_p50', 50, 0.03), latency('latency_p95', 100, 0.0004)]
    expect(harmText(signals)).toBe(
      'answers slower than 100 ms p = 0.0004, answers slower than 50 ms p = 0.030',
    )
  })

  it('name the clearest where none is clear by itself: their votes are added up', () => {
    expect(harmText([latency('latency_p50', 50, 0.3), latency('latency_p95', 100, 0.2)])).toBe(
      'answers slower than 100 ms p = 0.20',
    )
  })

  it('are shown once where their edges are one, by what is to be cured', () => {
    const signals = [
      latency('latency_p50', 50, 1),
      latency('latency_p95', 50, 1),
      signalVerdict({ signal: 'slow_ratio', edgeMs: 50, pCure: 0.01 }),
    ]
    const text = signalsText(signals)
    expect(text.match(/Answers slower than 50 ms/gu)).toHaveLength(1)
    expect(text).toContain('cured p = 0.01')
  })
})
