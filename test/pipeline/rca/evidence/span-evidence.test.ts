import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanObservations } from '../../../../src/pipeline/rca/evidence/span-evidence.ts'
import type { FeatureName } from '../../../../src/pipeline/rca/features.ts'
import { visitsOf } from '../../../../src/pipeline/rca/visits.ts'
import type { Span } from '../../../../src/pipeline/signals/telemetry.ts'
import { NOW, span } from '../builders.ts'

interface RequestTimes {
  readonly wireMs?: number
  readonly payMs?: number
  readonly withQuery?: boolean
  readonly fails?: boolean
}

/** checkout serves a request by a client call to payment, which queries its database. */
function request(
  id: number,
  t: number,
  { wireMs = 1, payMs = 20, withQuery = true, fails = false }: RequestTimes = {},
): Span[] {
  const trace = `t${id}`
  const base = { trace, t }
  return [
    span({
      ...base,
      span: `${id}a`,
      service: 'checkout',
      operation: 'POST /checkout',
      durationMs: 10 + wireMs + payMs,
    }),
    span({
      ...base,
      span: `${id}b`,
      parent: `${id}a`,
      service: 'checkout',
      operation: 'call payment',
      t: t + 0.005,
      durationMs: wireMs + payMs,
    }),
    span({
      ...base,
      span: `${id}c`,
      parent: `${id}b`,
      service: 'payment',
      operation: 'POST /charge',
      t: t + 0.005,
      durationMs: payMs,
      error: fails,
    }),
    ...(withQuery
      ? [
          span({
            ...base,
            span: `${id}d`,
            parent: `${id}c`,
            service: 'payment',
            operation: 'SELECT',
            t: t + 0.006,
            durationMs: 5,
          }),
        ]
      : []),
  ]
}

function observe(during: RequestTimes): (service: string, feature: FeatureName) => number {
  const spans = [
    ...Array.from({ length: 40 }, (_, k) => request(k, NOW - 200 + k, { payMs: 20 + (k % 5) })),
    ...Array.from({ length: 40 }, (_, k) =>
      request(100 + k, NOW - 50 + k, { payMs: 20 + (k % 5), ...during }),
    ),
  ].flat()
  const found = spanObservations(visitsOf(spans), NOW - 60)
  return (service, feature) => found.get(service)?.find((one) => one.feature === feature)?.value ?? 0
}

describe('what traces say', () => {
  it('gives time to the service that takes it, not to the caller that waits', () => {
    const value = observe({ payMs: 220 })
    expect(value('payment', 'spanAddedTime')).toBeGreaterThan(3)
    expect(value('checkout', 'spanAddedTime')).toBeLessThan(0.1)
  })

  it('gives time between two ends to the wire of both', () => {
    const value = observe({ wireMs: 150 })
    expect(value('payment', 'spanWireTime')).toBeGreaterThan(1)
    expect(value('checkout', 'spanWireTime')).toBe(value('payment', 'spanWireTime'))
    expect(value('payment', 'spanAddedTime')).toBeLessThan(0.1)
  })

  it('notices a step that requests no longer take', () => {
    const value = observe({ withQuery: false })
    expect(value('payment', 'spanStructure')).toBeGreaterThan(0.2)
    expect(value('checkout', 'spanStructure')).toBe(0)
  })

  it('counts failures where they happen', () => {
    const value = observe({ fails: true })
    expect(value('payment', 'spanErrors')).toBeGreaterThan(2)
    expect(value('checkout', 'spanErrors')).toBe(0)
  })

  it('says nothing where nothing changed, or one side has no spans', () => {
    const value = observe({})
    for (const feature of ['spanWireTime', 'spanStructure', 'spanErrors'] as const)
      expect(value('payment', feature)).toBe(0)
    expect(spanObservations(visitsOf(request(1, NOW - 10)), NOW - 60).size).toBe(0)
  })
})

describe('visits', () => {
  it('cut calls that leave a service out of its time, overlapping ones once', () => {
    const spans = [
      span({ span: 'a', service: 'gateway', t: 100, durationMs: 100 }),
      span({ span: 'b', parent: 'a', service: 'x', t: 100.01, durationMs: 60 }),
      span({ span: 'c', parent: 'a', service: 'y', t: 100.02, durationMs: 60 }),
    ]
    const gateway = visitsOf(spans).visits.find(({ service }) => service === 'gateway')
    expect(gateway?.exclusiveMs).toBeCloseTo(30, 3)
  })

  it('come to an end where parents form a ring or are missing', () => {
    const ring = [
      span({ span: 'a', parent: 'b', service: 's' }),
      span({ span: 'b', parent: 'a', service: 's' }),
      span({ span: 'c', parent: 'gone', service: 's' }),
    ]
    expect(visitsOf(ring).visits.length).toBeGreaterThanOrEqual(1)
  })

  it('never take longer than their span, nor less than nothing', () => {
    const tree = fc.array(fc.tuple(fc.nat(9), fc.nat(3), fc.double({ min: 0, max: 100, noNaN: true })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(tree, (nodes) => {
        const spans = nodes.map(([parent, service, durationMs], at) =>
          span({ span: `s${at}`, parent: `s${parent}`, service: `svc${service}`, durationMs }),
        )
        for (const visit of visitsOf(spans).visits) {
          expect(visit.exclusiveMs).toBeGreaterThanOrEqual(0)
          expect(visit.exclusiveMs).toBeLessThanOrEqual(100)
        }
      }),
    )
  })
})
