import { describe, expect, it } from 'vitest'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { IncidentCase, MetricSeries } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, logLine, NOW, series, SETTINGS, shopMetrics } from './builders.ts'

const rank = (one: Partial<IncidentCase>) =>
  rankCase(
    incidentCase({ symptom: { service: 'gateway', metric: null, about: 'failures' }, ...one }),
    SETTINGS,
  )

/** The shop as usual, but for what its gateway receives. */
function receiving(during: number): readonly MetricSeries[] {
  return [
    ...shopMetrics({}).filter(({ service, name }) => service !== 'gateway' || name !== 'request_rate'),
    series({ service: 'gateway', name: 'request_rate', before: 40, during, sinceS: 120 }),
  ]
}

describe('an incident without a named cause', () => {
  it('rules out what is as it was before, and says why', () => {
    const commits = [
      deploy({ id: 'c1', service: 'payment', kind: 'commit' }),
      deploy({ id: 'd', service: 'payment', at: NOW - 9e5 }),
    ]
    const logs = [10, 20, 200, 300].map((ago) => logLine('payment', ago, 'INFO request answered'))
    const { abstained, isSymptomNormal, ruledOut } = rank({ metrics: receiving(30), changes: commits, logs })
    expect(abstained).toContain('counts no more failures than before')
    expect(isSymptomNormal).toBe(true)
    expect(ruledOut).toEqual([
      "checkout, gateway, inventory and payment: no more requests fail than before, by their own measure and their callers'",
      'all logs: no more errors in them than before',
      'a deploy or a change of configuration: there was none in the last 24 h',
    ])
  })

  it('does not rule out a service of which nothing is measured, nor a deploy where no change is known', () => {
    const metrics = receiving(30).filter(({ service }) => service !== 'payment')
    const { ruledOut } = rank({ metrics })
    expect(ruledOut).toHaveLength(1)
    expect(ruledOut[0]).toMatch(/^checkout, gateway and inventory: /)
  })

  it('rules out a deploy by the service it touched', () => {
    const changes = [deploy({ id: 'd', service: 'payment', summary: 'payment v2' })]
    expect(rank({ metrics: receiving(30), changes }).ruledOut).toContain(
      'payment v2 (60 s before): what it changed is as well as before',
    )
  })

  it('keeps the logs that complain', () => {
    const complaining = [1, 2, 3, 4, 5, 6].map((ago) => logLine('payment', ago, 'ERROR no answer'))
    const quiet = [10, 300].map((ago) => logLine('checkout', ago, 'INFO request answered'))
    const logs = [...quiet, logLine('payment', 300, 'INFO up'), ...complaining]
    expect(rank({ metrics: receiving(30), logs }).ruledOut).toContain(
      'the logs of checkout: no more errors in them than before',
    )
  })

  it('sends whoever takes over in front of a service that receives less than usual', () => {
    const [look] = rank({ metrics: receiving(30) }).wouldSettle
    expect(look).toMatch(
      /^what stands in front of gateway .* gateway receives 30 requests\/s where 40 were usual/,
    )
  })

  it.each([
    [40, /^whether the alert still stands/],
    [30, /gateway receives (?:29|30|31) requests\/s where 40 were usual/],
  ])('takes a reading that came late for the traffic of two steps, at %i requests/s', (during, look) => {
    const late = (value: number | null, at: number) =>
      at % 3 === 0 ? null : at % 3 === 1 ? 2 * (value ?? 0) : value
    const metrics = receiving(during).map((one) => {
      if (one.name !== 'request_rate' || one.service !== 'gateway') return one
      const from = one.v.length - 12
      return { ...one, v: one.v.map((value, at) => (at < from ? value : late(value, at - from))) }
    })
    expect(rank({ metrics }).wouldSettle[0]).toMatch(look)
  })

  it('doubts the alert where the service receives as much as usual', () => {
    expect(rank({ metrics: receiving(40) }).wouldSettle[0]).toMatch(/^whether the alert still stands/)
  })

  it('says between which services to decide where two are alike', () => {
    const metrics = shopMetrics({ gateway: { success: 0.7 } })
    const settings = { ...SETTINGS, abstainBelow: 1 }
    const { isSymptomNormal, wouldSettle, ranked } = rankCase(incidentCase({ metrics }), settings)
    expect(isSymptomNormal).toBe(false)
    expect(wouldSettle[0]).toContain(`in ${ranked[0]?.service} or in ${ranked[1]?.service}`)
  })

  it('is not the case where a cause is named', () => {
    const metrics = shopMetrics({
      gateway: { success: 0.7 },
      checkout: { success: 0.7 },
      payment: { success: 0.7 },
    })
    expect(rank({ metrics })).toMatchObject({
      abstained: null,
      isSymptomNormal: false,
      ruledOut: [],
      wouldSettle: [],
    })
  })

  it('judges an alert on failures by failures, however the latency flickers', () => {
    const metrics = [
      ...receiving(30),
      series({ service: 'gateway', name: 'latency_p99', before: 0.05, during: 0.4, sinceS: 60 }),
    ]
    expect(rank({ metrics }).isSymptomNormal).toBe(true)
  })

  it('takes an answer for which nobody waits as a failure, and failures for what a slow alert may mean', () => {
    const stuck = shopMetrics({ gateway: { latency: 3 }, checkout: { latency: 2.9 } })
    expect(rank({ metrics: stuck }).isSymptomNormal).toBe(false)
    const slow = { service: 'gateway', metric: null, about: 'slowness' } as const
    const failing = shopMetrics({ gateway: { success: 0.7 } })
    expect(rank({ metrics: failing, symptom: slow }).isSymptomNormal).toBe(false)
    expect(rank({ metrics: receiving(40), symptom: slow }).abstained).toContain('answers as fast as before')
  })
})
