import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LoadStatistics } from '../../demo/shop/load-statistics.ts'
import { orderAt, type Order } from '../../demo/shop/orders.ts'

describe('orderAt', () => {
  it('gives the same order for the same seed, and another id in another run', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(100_000), (seed, index) => {
        const first = orderAt({ seed, guestRatio: 0.25, runId: 'a' }, index)
        expect(orderAt({ seed, guestRatio: 0.25, runId: 'a' }, index)).toEqual(first)
        const second = orderAt({ seed, guestRatio: 0.25, runId: 'b' }, index)
        expect({ ...second, order_id: first.order_id }).toEqual(first)
        expect(second.order_id).not.toBe(first.order_id)
      }),
    )
  })

  it('adds deliveries and members to the asked share of orders, and changes nothing else of them', () => {
    const source = { seed: 1, guestRatio: 0.25, runId: 'a' }
    const plain = Array.from({ length: 4000 }, (_, index) => orderAt(source, index))
    const asking = plain.map((_, index) =>
      orderAt({ ...source, deliveryRatio: 0.5, memberRatio: 0.2 }, index),
    )
    const share = (has: (order: Order) => unknown) =>
      asking.filter((order) => has(order) !== undefined).length / asking.length
    expect(share(({ delivery }) => delivery)).toBeCloseTo(0.5, 1)
    expect(share(({ delivery }) => delivery?.instructions)).toBeCloseTo(0.25, 1)
    expect(share(({ member }) => member)).toBeCloseTo(0.2, 1)
    expect(share(({ member }) => member?.campaign)).toBeCloseTo(0.1, 1)
    expect(asking.map(({ delivery: _delivery, member: _member, ...rest }) => rest)).toEqual(plain)
  })

  it('lets the asked share of orders come from guests, who have no billing address', () => {
    const orders = Array.from({ length: 4000 }, (_, index) =>
      orderAt({ seed: 1, guestRatio: 0.25, runId: 'a' }, index),
    )
    const guests = orders.filter(({ customer }) => customer.billing_address === undefined)
    expect(guests.length / orders.length).toBeGreaterThan(0.22)
    expect(guests.length / orders.length).toBeLessThan(0.28)
    expect(orders.filter(({ customer }) => customer.id === undefined)).toEqual(guests)
  })

  it('lets a wholesale buyer order by the carton, under numbers of their own', () => {
    const source = {
      seed: 1,
      guestRatio: 0,
      runId: 'a',
      wholesale: { orderNumber: 'PO {n}, to the back door' },
    }
    const orders = Array.from({ length: 200 }, (_, index) => orderAt(source, index))
    expect(orders[7]?.order_id).toBe('PO a_7, to the back door')
    expect(orders.every(({ items }) => items.length === 1)).toBe(true)
    const quantities = new Set(orders.map(({ items }) => items[0]?.quantity ?? 0))
    expect([Math.min(...quantities), Math.max(...quantities)]).toEqual([13, 20])
  })
})

describe('LoadStatistics', () => {
  it('reports what happened since the last report', () => {
    const statistics = new LoadStatistics()
    for (let ms = 1; ms <= 100; ms++) {
      statistics.sent()
      statistics.answered(ms > 90 ? 502 : 200, ms)
    }
    const report = {
      sent: 100,
      dropped: 0,
      unanswered: 0,
      byStatus: { 200: 90, 502: 10 },
      p50Ms: 50,
      p95Ms: 95,
      p99Ms: 99,
    }
    expect(statistics.take()).toEqual(report)
    expect(statistics.take()).toMatchObject({ sent: 0, byStatus: {}, p50Ms: null })
  })
})
