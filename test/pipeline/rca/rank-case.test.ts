import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { IncidentCase } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, logLine, NOW, series, SETTINGS, shopMetrics } from './builders.ts'

const rank = (one: IncidentCase) => rankCase(one, SETTINGS)
const paymentFails = shopMetrics({
  gateway: { success: 0.7 },
  checkout: { success: 0.7 },
  payment: { success: 0.7 },
})

describe('rankCase', () => {
  it('blames the service below the symptom that fails as much as those above it', () => {
    const { ranked, abstained } = rank(incidentCase({ metrics: paymentFails }))
    expect(abstained).toBeNull()
    expect(ranked[0]?.service).toBe('payment')
    expect(ranked[0]?.path).toEqual(['payment', 'checkout', 'gateway'])
    const said = (at: number) => ranked[at]?.evidenceFor.map(({ text }) => text).join('; ')
    expect(said(0)).toContain('abnormal services lead from payment up to gateway')
  })

  it('names the recent change of the failing service and not the newer one of a healthy service beside it', () => {
    const changes = [
      deploy({ id: 'payment-v2', service: 'payment', at: NOW - 70 }),
      deploy({ id: 'inventory-v9', service: 'inventory', at: NOW - 60 }),
    ]
    const [first] = rank(incidentCase({ metrics: paymentFails, changes })).ranked
    expect(first?.service).toBe('payment')
    expect(first?.change?.id).toBe('payment-v2')
    expect(first?.evidenceFor.some(({ text }) => text.includes('its deploy began'))).toBe(true)
  })

  it('blames the service whose processor is busy when only latency is felt above', () => {
    const metrics = shopMetrics({
      gateway: { latency: 0.4 },
      checkout: { latency: 0.38 },
      inventory: { latency: 0.35, cpu: 95 },
    })
    expect(rank(incidentCase({ metrics })).ranked[0]?.service).toBe('inventory')
  })

  it('blames the service that has run out of open files, though nobody could measure it any more', () => {
    const metrics = [
      ...shopMetrics({ gateway: { success: 0.01 }, checkout: { success: 0.01, cpu: 60 } }).filter(
        ({ service }) => service !== 'inventory',
      ),
      series({
        service: 'checkout',
        edge: ['checkout', 'inventory'],
        name: 'client_success_ratio',
        before: 1,
        during: 0.01,
        sinceS: 60,
      }),
    ]
    const error = "OSError: [Errno 24] Too many open files: 'rates.json'"
    const logs = Array.from({ length: 40 }, (_, k) => [
      logLine('checkout', 30 - k / 2, 'ERROR inventory answered 500'),
      logLine('inventory', 30 - k / 2, 'Traceback (most recent call last):'),
      logLine('inventory', 30 - k / 2, '  File "/srv/inventory/rates.py", line 3, in read'),
      logLine('inventory', 30 - k / 2, error),
    ]).flat()
    const [first] = rank(incidentCase({ metrics, logs })).ranked
    expect(first?.service).toBe('inventory')
    expect(first?.evidenceFor.map(({ text }) => text).join('\n')).toContain('it runs out of open files')
  })

  it('gives all causes together no more than certainty', () => {
    const changes = ['checkout', 'payment'].map((service) => deploy({ id: `${service}-v2`, service }))
    const { ranked } = rank(incidentCase({ metrics: paymentFails, changes }))
    expect(ranked.length).toBeGreaterThan(1)
    expect(ranked.reduce((sum, { confidence }) => sum + confidence, 0)).toBeLessThanOrEqual(1 + 1e-9)
  })

  it('abstains when the reported service is as it was before', () => {
    const { abstained, ranked } = rank(incidentCase({ metrics: shopMetrics({}) }))
    expect(abstained).toContain('gateway itself')
    expect(ranked.length).toBeGreaterThan(0)
  })

  it('abstains where nothing at all is known', () => {
    const { abstained, ranked, missing } = rank(
      incidentCase({ topology: null, symptom: { service: null, metric: null } }),
    )
    expect(ranked).toEqual([])
    expect(abstained).toContain('nothing is known')
    expect(missing.join(' ')).toContain('no metrics')
  })

  it('names the data that a judgement lacks', () => {
    const { missing, lookedAt } = rank(incidentCase({ metrics: paymentFails }))
    expect(missing).toContain('no logs: errors and stack traces are not judged')
    expect(lookedAt).toContain('16 metric series')
  })

  it('never ranks the entrance as its users see it', () => {
    const metrics = [
      ...paymentFails,
      series({ service: 'edge', name: 'success_ratio', before: 1, during: 0.5, sinceS: 60 }),
    ]
    expect(rank(incidentCase({ metrics })).ranked.map(({ service }) => service)).not.toContain('edge')
  })

  it('compares a release that has just started with the past of the instances that it replaced', () => {
    const young = series({
      service: 'payment',
      name: 'success_ratio',
      instance: 'v2',
      before: 0.6,
      during: 0.6,
      historyS: 30,
    })
    const old = series({ service: 'payment', name: 'success_ratio', instance: 'v1', before: 1 })
    const metrics = [
      ...shopMetrics({ gateway: { success: 0.7 }, checkout: { success: 0.7 } }).filter(
        ({ service }) => service !== 'payment',
      ),
      young,
      old,
    ]
    const changes = [
      deploy({ id: 'payment-v2', service: 'payment', newInstances: ['v2'], oldInstances: ['v1'] }),
    ]
    const [first] = rank(incidentCase({ metrics, changes })).ranked
    expect(first?.service).toBe('payment')
    expect(first?.evidenceFor.map(({ text }) => text).join(' ')).toContain('on v2')
  })

  it('is sure when the case is clear and less sure when two services fail alike', () => {
    const clear = rank(
      incidentCase({ metrics: paymentFails, changes: [deploy({ id: 'd', service: 'payment' })] }),
    )
    const twin = rank(
      incidentCase({
        metrics: shopMetrics({
          gateway: { success: 0.5 },
          checkout: { success: 0.5 },
          payment: { success: 0.5 },
          inventory: { success: 0.5 },
        }),
      }),
    )
    expect(clear.ranked[0]?.confidence).toBeGreaterThan(0.8)
    expect(twin.ranked[0]?.confidence).toBeLessThan(clear.ranked[0]?.confidence ?? 0)
  })

  it('gives the same ranking whatever the order of the input, ties included', () => {
    const one = incidentCase({
      metrics: paymentFails,
      changes: [deploy({ id: 'a', service: 'payment' }), deploy({ id: 'b', service: 'payment' })],
      logs: [logLine('payment', 5, 'ERROR no'), logLine('checkout', 5, 'ERROR no')],
    })
    const expected = rank(one).ranked.map(({ service, change }) => [service, change?.id])
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...one.metrics], { minLength: one.metrics.length }),
        fc.shuffledSubarray([...one.changes], { minLength: one.changes.length }),
        (metrics, changes) => {
          const ranked = rank({ ...one, metrics, changes }).ranked.map(({ service, change }) => [
            service,
            change?.id,
          ])
          expect(ranked).toEqual(expected)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('answers with confidences between 0 and 1 whatever the numbers are', () => {
    const value = fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { nil: null })
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 0, maxLength: 40 }), { maxLength: 6 }), (columns) => {
        const metrics = columns.map((v, at) => ({
          ...series({
            service: ['gateway', 'payment', 'inventory'][at % 3] ?? '',
            name: ['latency_p95', 'success_ratio', 'cpu_usage', 'request_rate'][at % 4] ?? '',
            before: 1,
          }),
          v,
          t: v.map((_, k) => NOW - 10 * (v.length - k)),
        }))
        for (const { confidence } of rank(incidentCase({ metrics })).ranked) {
          expect(confidence).toBeGreaterThanOrEqual(0)
          expect(confidence).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 60 },
    )
  })
})
