import { afterEach, describe, expect, it } from 'vitest'
import type { ServiceGraph } from '../../src/pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import type { CallObserver, SeenCall } from '../../src/pipeline/signals/service-graph.ts'

export interface GraphSetup {
  readonly services: readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]
  readonly forgetAfterMs: number
  readonly mostCalls?: number
  nowMs(): number
}

const SHOP: GraphSetup['services'] = [
  { name: 'gateway', dependsOn: ['checkout'] },
  { name: 'checkout', dependsOn: ['payment', 'inventory'] },
  { name: 'payment', dependsOn: [] },
  { name: 'inventory', dependsOn: [] },
]

function seen(caller: string, callee: string, atMs: number, source: CallObserver = 'metrics'): SeenCall {
  return { caller, callee, source, atMs }
}

/** What every service graph must do, whatever keeps it; `open` gives an empty one with these services. */
export function serviceGraphContract(name: string, open: (setup: GraphSetup) => Promise<ServiceGraph>): void {
  describe(`service graph: ${name}`, () => {
    const opened: ServiceGraph[] = []
    const openShop = async (overrides: Partial<GraphSetup> = {}): Promise<ServiceGraph> => {
      const graph = await open({ services: SHOP, forgetAfterMs: 1000, nowMs: () => 10_000, ...overrides })
      opened.push(graph)
      return graph
    }
    afterEach(async () => {
      for (const graph of opened.splice(0)) await graph.close()
    })

    it('knows the declared services and calls, caller first, in a fixed order', async () => {
      const topology = await (await openShop()).topology()
      expect(topology).toEqual({
        nodes: ['checkout', 'gateway', 'inventory', 'payment'],
        edges: [
          ['checkout', 'inventory'],
          ['checkout', 'payment'],
          ['gateway', 'checkout'],
        ],
      })
    })

    it('names a callee that has no definition of its own', async () => {
      const graph = await openShop({ services: [{ name: 'payment', dependsOn: ['bank'] }] })
      expect((await graph.topology()).nodes).toEqual(['bank', 'payment'])
    })

    it('adds observed calls, once however often they are seen', async () => {
      const graph = await openShop()
      await graph.observe([seen('payment', 'ledger', 9_500), seen('payment', 'ledger', 9_600, 'traces')])
      await graph.observe([seen('payment', 'ledger', 9_700)])
      const { nodes, edges } = await graph.topology()
      expect(nodes).toContain('ledger')
      expect(edges.filter(([caller]) => caller === 'payment')).toEqual([['payment', 'ledger']])
    })

    it('tells who says so of every call, and when each saw it last', async () => {
      const graph = await openShop({ services: [{ name: 'gateway', dependsOn: ['checkout'] }] })
      await graph.observe([
        seen('checkout', 'payment', 9_400, 'kubernetes'),
        seen('checkout', 'payment', 9_300, 'service-graph'),
        seen('gateway', 'checkout', 9_450, 'traces'),
      ])
      await graph.observe([seen('checkout', 'payment', 9_350, 'service-graph')])
      expect(await graph.calls()).toEqual([
        {
          caller: 'checkout',
          callee: 'payment',
          by: [
            { source: 'service-graph', lastSeenMs: 9_350 },
            { source: 'kubernetes', lastSeenMs: 9_400 },
          ],
        },
        {
          caller: 'gateway',
          callee: 'checkout',
          by: [
            { source: 'services.yaml', lastSeenMs: null },
            { source: 'traces', lastSeenMs: 9_450 },
          ],
        },
      ])
    })

    it('forgets observed calls that are not seen any more, and keeps declared ones', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe([seen('payment', 'ledger', 9_500), seen('gateway', 'checkout', 9_500)])
      nowMs = 11_000
      const { nodes, edges } = await graph.topology()
      expect(edges).not.toContainEqual(['payment', 'ledger'])
      expect(edges).toContainEqual(['gateway', 'checkout'])
      expect(nodes).toEqual(['checkout', 'gateway', 'inventory', 'payment'])
      await expect(graph.dependentsOf('ledger')).rejects.toMatchObject({ code: 'not-found' })
    })

    it('forgets each source by itself: a call that one still sees stays, the other is no longer named', async () => {
      let nowMs = 10_000
      const graph = await openShop({ services: [], nowMs: () => nowMs })
      await graph.observe([seen('payment', 'ledger', 9_500), seen('payment', 'ledger', 9_900, 'traces')])
      nowMs = 10_800
      expect((await graph.calls()).map(({ by }) => by)).toEqual([[{ source: 'traces', lastSeenMs: 9_900 }]])
    })

    it('takes a call up again that had been forgotten', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe([seen('payment', 'ledger', 9_500)])
      nowMs = 12_000
      await graph.observe([seen('payment', 'bank', 11_900)])
      await graph.observe([seen('payment', 'ledger', 11_950)])
      expect(await graph.dependenciesOf('payment')).toEqual(['bank', 'ledger'])
    })

    it('takes the newest observation for the last, in whatever order they arrive', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe([seen('payment', 'ledger', 10_000)])
      await graph.observe([seen('payment', 'ledger', 9_100)])
      nowMs = 10_900
      expect((await graph.topology()).edges).toContainEqual(['payment', 'ledger'])
    })

    it('ignores a service that calls itself or has no name, and what is too old to be told', async () => {
      const graph = await openShop()
      const before = await graph.topology()
      await graph.observe([
        seen('payment', 'payment', 9_900),
        seen('', 'payment', 9_900),
        seen('payment', '', 9_900),
        seen('payment', 'ledger', 8_999),
      ])
      expect(await graph.topology()).toEqual(before)
    })

    it('takes no more calls than it may keep, and goes on updating those that it knows', async () => {
      let nowMs = 10_000
      const graph = await openShop({ services: [], mostCalls: 2, nowMs: () => nowMs })
      await graph.observe([seen('a', 'b', 9_500), seen('b', 'c', 9_500), seen('c', 'd', 9_500)])
      expect((await graph.topology()).edges).toEqual([
        ['a', 'b'],
        ['b', 'c'],
      ])
      await graph.observe([seen('x', 'y', 9_900), seen('a', 'b', 9_900)])
      nowMs = 10_700
      expect((await graph.topology()).edges).toEqual([['a', 'b']])
    })

    it('takes many calls at once', async () => {
      const graph = await openShop({ services: [] })
      const callees = Array.from({ length: 2_500 }, (_, i) => `callee-${String(i).padStart(4, '0')}`)
      await graph.observe(callees.map((callee) => seen('hub', callee, 9_900)))
      expect(await graph.dependenciesOf('hub')).toEqual(callees)
      expect(await graph.dependenciesOf('hub', { most: 2 })).toEqual(['callee-0000', 'callee-0001'])
    })

    it('keeps names as they are, whatever they look like', async () => {
      const odd = ["o'brien", 'a`b', 'n {name: "x"})', 'Ümläut', 'a b']
      const graph = await openShop({ services: [] })
      await graph.observe(odd.map((callee) => seen('caller', callee, 9_900)))
      expect(new Set(await graph.dependenciesOf('caller'))).toEqual(new Set(odd))
    })

    it('lists who depends on a service and what it depends on, the nearest first', async () => {
      const graph = await openShop()
      expect(await graph.dependentsOf('payment')).toEqual(['checkout', 'gateway'])
      expect(await graph.dependenciesOf('gateway')).toEqual(['checkout', 'inventory', 'payment'])
      expect(await graph.dependenciesOf('gateway', { hops: 1 })).toEqual(['checkout'])
      expect(await graph.dependenciesOf('gateway', { hops: 0 })).toEqual([])
      expect(await graph.dependenciesOf('payment')).toEqual([])
    })

    it('orders services at the same distance by name, whoever calls them', async () => {
      const graph = await openShop({ services: [] })
      await graph.observe([
        seen('a', 'b1', 9_900),
        seen('a', 'b2', 9_900),
        seen('b1', 'z', 9_900),
        seen('b2', 'c', 9_900),
      ])
      expect(await graph.dependenciesOf('a')).toEqual(['b1', 'b2', 'c', 'z'])
    })

    it('comes to an end where services call each other in a ring', async () => {
      const graph = await openShop()
      await graph.observe([seen('payment', 'gateway', 9_900, 'traces')])
      expect(await graph.dependentsOf('payment')).toEqual(['checkout', 'gateway'])
    })

    it('does not go along calls that are forgotten', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe([seen('gateway', 'payment', 9_100), seen('payment', 'ledger', 9_900)])
      nowMs = 10_500
      expect(await graph.waysBetween('gateway', 'ledger')).toEqual([
        ['gateway', 'checkout', 'payment', 'ledger'],
      ])
      expect(await graph.dependenciesOf('gateway', { hops: 1 })).toEqual(['checkout'])
    })

    it('finds all the shortest ways between two services, by name', async () => {
      const graph = await openShop()
      await graph.observe([seen('inventory', 'ledger', 9_900), seen('payment', 'ledger', 9_900)])
      expect(await graph.waysBetween('gateway', 'ledger')).toEqual([
        ['gateway', 'checkout', 'inventory', 'ledger'],
        ['gateway', 'checkout', 'payment', 'ledger'],
      ])
      expect(await graph.waysBetween('gateway', 'ledger', { most: 1 })).toHaveLength(1)
      expect(await graph.waysBetween('gateway', 'ledger', { hops: 2 })).toEqual([])
      expect(await graph.waysBetween('ledger', 'gateway')).toEqual([])
      expect(await graph.waysBetween('gateway', 'gateway')).toEqual([])
    })

    it('answers where there are more ways than anybody could count', async () => {
      const layers = Array.from({ length: 12 }, (_, layer) =>
        Array.from({ length: 8 }, (_, i) => `layer-${String(layer).padStart(2, '0')}-${i}`),
      )
      const calls = layers.flatMap((callers, at) =>
        callers.flatMap((caller) => (layers[at + 1] ?? []).map((callee) => seen(caller, callee, 9_900))),
      )
      const graph = await openShop({ services: [] })
      await graph.observe(calls)
      expect(await graph.dependentsOf('layer-11-0')).toHaveLength(11 * 8)
      expect(await graph.waysBetween('layer-00-0', 'layer-11-0', { most: 3 })).toHaveLength(3)
    })

    it('says which service it does not know', async () => {
      const graph = await openShop()
      const unknown = { code: 'not-found', message: expect.stringContaining('"paymnt"') }
      await expect(graph.dependentsOf('paymnt')).rejects.toMatchObject(unknown)
      await expect(graph.waysBetween('gateway', 'paymnt')).rejects.toMatchObject(unknown)
    })
  })
}
