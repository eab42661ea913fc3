import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mendCase } from '../../../src/pipeline/rca/mend-case.ts'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { IncidentCase, MetricSeries } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, logLine, NOW, SETTINGS, shopMetrics, span } from './builders.ts'

const FAULTY = shopMetrics({
  gateway: { success: 0.7 },
  checkout: { success: 0.7 },
  payment: { success: 0.6 },
})
const LOGS = Array.from({ length: 300 }, (_, s) =>
  logLine('payment', s, s < 60 ? 'ERROR charge failed: TypeError' : 'INFO charged'),
)
const SPANS = Array.from({ length: 120 }, (_, k) =>
  span({ span: `s${k}`, trace: `t${k}`, service: 'payment', t: NOW - k * 5, durationMs: 10, error: k < 12 }),
)
/** All that there can be: payment fails since its deploy. */
const WHOLE = incidentCase({
  metrics: FAULTY,
  logs: LOGS,
  spans: SPANS,
  changes: [deploy({ id: 'release-2', service: 'payment', at: NOW - 80 })],
})

const rename = (name: string): string => (name === 'payment' ? 'payment-v2' : name)
const inSeries = (change: (value: number | null, at: number, series: MetricSeries) => number | null) =>
  FAULTY.map((series) => ({ ...series, v: series.v.map((value, at) => change(value, at, series)) }))

/** What is lacking or wrong; what is said of it; whether payment still comes first, and its change with it. */
const LACKS: readonly (readonly [string, Partial<IncidentCase>, RegExp, string])[] = [
  ['no traces', { spans: [] }, /no traces/, 'payment'],
  ['no logs', { logs: [] }, /no logs/, 'payment'],
  ['no metrics', { metrics: [] }, /no metrics/, 'payment'],
  ['no graph', { topology: null }, /no service graph/, 'payment'],
  ['no service in the alert', { symptom: { service: null, metric: null } }, /names no service/, 'payment'],
  [
    'gaps in every series',
    { metrics: inSeries((value, at) => (at % 3 === 0 ? null : value)) },
    /^$/,
    'payment',
  ],
  [
    'metrics of one service that end early',
    { metrics: inSeries((value, at, series) => (series.service === 'inventory' && at > 50 ? null : value)) },
    /no metrics towards the end of inventory \(100 s\)/,
    'payment',
  ],
  [
    'a counter that begins anew',
    {
      metrics: inSeries((value, at, series) =>
        series.service === 'inventory' && series.name === 'request_rate' && at === 57 ? -4000 : value,
      ),
    },
    /1 metric series fell below zero/,
    'payment',
  ],
  [
    'a clock a minute ahead',
    { logs: LOGS.map((line) => ({ ...line, t: line.t + 60 })) },
    /the clock of payment is 60 s ahead/,
    'payment',
  ],
  [
    'a clock a minute behind',
    {
      metrics: FAULTY.map((series) =>
        series.service === 'inventory' ? { ...series, t: series.t.map((t) => t - 60) } : series,
      ),
    },
    /no metrics towards the end of inventory \(60 s\)/,
    'payment',
  ],
  [
    'a renamed service',
    {
      metrics: FAULTY.map((series) => ({ ...series, service: rename(series.service) })),
      logs: LOGS.map((line) => ({ ...line, service: rename(line.service) })),
      spans: SPANS.map((one) => ({ ...one, service: rename(one.service) })),
      changes: WHOLE.changes.map((change) => ({ ...change, service: rename(change.service) })),
    },
    /knows nothing of payment-v2, and nothing is heard of payment, which it knows/,
    'payment-v2',
  ],
]

describe('a diagnosis with less than there could be', () => {
  it('names nothing where nothing lacks', () => {
    expect(rankCase(WHOLE, SETTINGS).missing).toEqual([])
  })

  it.each(LACKS)('%s: the cause is found all the same, and what lacks is said', (_, lack, said, first) => {
    const whole = rankCase(WHOLE, SETTINGS)
    const { ranked, abstained, missing } = rankCase({ ...WHOLE, ...lack }, SETTINGS)
    expect(missing.join('\n')).toMatch(said)
    expect(abstained).toBeNull()
    expect(ranked[0]?.service).toBe(first)
    expect(ranked[0]?.change?.id).toBe('release-2')
    expect(ranked[0]?.confidence).toBeLessThanOrEqual((whole.ranked[0]?.confidence ?? 0) + 0.02)
  })

  it('takes a single line of the future for a wrong time and not for a wrong clock', () => {
    const late = { ...logLine('payment', 0, 'INFO settlement is due'), t: NOW + 3_600 }
    const { incidentCase, doubts } = mendCase({ ...WHOLE, logs: [...LOGS, late] })
    expect(incidentCase.logs).toEqual(LOGS)
    expect(doubts).toEqual(['log lines or spans that bear a time that has not come (1) are left out'])
  })

  it('moves what a clock ahead of ours stamped back, and leaves the rest alone', () => {
    const logs = [
      logLine('payment', -60, 'late'),
      logLine('payment', 0, 'now'),
      logLine('gateway', 5, 'on time'),
    ]
    const { incidentCase: mended } = mendCase(incidentCase({ logs }))
    expect(mended.logs.map(({ t }) => t - NOW)).toEqual([0, -60, -5])
  })

  it('answers whatever is left out, and says of each source that is', () => {
    const sources = fc.record({
      metrics: fc.boolean(),
      logs: fc.boolean(),
      spans: fc.boolean(),
      topology: fc.boolean(),
      changes: fc.boolean(),
    })
    fc.assert(
      fc.property(sources, (has) => {
        const { ranked, missing } = rankCase(
          {
            ...WHOLE,
            ...(has.metrics ? {} : { metrics: [] }),
            ...(has.logs ? {} : { logs: [] }),
            ...(has.spans ? {} : { spans: [] }),
            ...(has.topology ? {} : { topology: null }),
            ...(has.changes ? {} : { changes: [] }),
          },
          SETTINGS,
        )
        const told = missing.join('\n')
        expect(told.includes('no metrics')).toBe(!has.metrics)
        expect(told.includes('no logs')).toBe(!has.logs)
        expect(told.includes('no traces')).toBe(!has.spans)
        expect(told.includes('no service graph')).toBe(!has.topology)
        for (const { confidence } of ranked) expect(confidence >= 0 && confidence <= 1).toBe(true)
      }),
      { numRuns: 32 },
    )
  })
})
