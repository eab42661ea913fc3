import { describe, expect, it } from 'vitest'
import type { TopologySource } from '../../src/pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'

/** A service graph that also takes observations, whatever it keeps them in. */
export interface ObservingTopology extends TopologySource {
  observe(caller: string, callee: string, source: 'metrics' | 'traces', atMs: number): void | Promise<void>
  dependentsOf(service: string, hops?: number): Promise<readonly string[]>
  dependenciesOf(service: string, hops?: number): Promise<readonly string[]>
}

export interface TopologySetup {
  readonly services: readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]
  readonly forgetAfterMs: number
  nowMs(): number
}

const SHOP: TopologySetup['services'] = [
  { name: 'gateway', dependsOn: ['checkout'] },
  { name: 'checkout', dependsOn: ['payment', 'inventory'] },
  { name: 'payment', dependsOn: [] },
  { name: 'inventory', dependsOn: [] },
]

/** What every service graph must do; run on each adapter. */
export function topologySourceContract(
  name: string,
  open: (setup: TopologySetup) => Promise<ObservingTopology>,
): void {
  describe(`topology source: ${name}`, () => {
    const openShop = (overrides: Partial<TopologySetup> = {}): Promise<ObservingTopology> =>
      open({ services: SHOP, forgetAfterMs: 1000, nowMs: () => 10_000, ...overrides })

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
      await graph.observe('payment', 'ledger', 'metrics', 9_500)
      await graph.observe('payment', 'ledger', 'traces', 9_600)
      const { nodes, edges } = await graph.topology()
      expect(nodes).toContain('ledger')
      expect(edges.filter(([caller]) => caller === 'payment')).toEqual([['payment', 'ledger']])
    })

    it('forgets observed calls that are not seen any more, and keeps declared ones', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe('payment', 'ledger', 'metrics', 9_500)
      await graph.observe('gateway', 'checkout', 'metrics', 9_500)
      nowMs = 11_000
      const { edges } = await graph.topology()
      expect(edges).not.toContainEqual(['payment', 'ledger'])
      expect(edges).toContainEqual(['gateway', 'checkout'])
    })

    it('takes the newest observation for the last, in whatever order they arrive', async () => {
      let nowMs = 10_000
      const graph = await openShop({ nowMs: () => nowMs })
      await graph.observe('payment', 'ledger', 'metrics', 10_000)
      await graph.observe('payment', 'ledger', 'metrics', 9_100)
      nowMs = 10_900
      expect((await graph.topology()).edges).toContainEqual(['payment', 'ledger'])
    })

    it('ignores a service that calls itself or has no name', async () => {
      const graph = await openShop()
      const before = await graph.topology()
      await graph.observe('payment', 'payment', 'metrics', 9_900)
      await graph.observe('', 'payment', 'metrics', 9_900)
      expect(await graph.topology()).toEqual(before)
    })

    it('lists who depends on a service and what it depends on, nearest first', async () => {
      const graph = await openShop()
      expect(await graph.dependentsOf('payment')).toEqual(['checkout', 'gateway'])
      expect(await graph.dependenciesOf('gateway')).toEqual(['checkout', 'inventory', 'payment'])
      expect(await graph.dependenciesOf('gateway', 1)).toEqual(['checkout'])
    })

    it('comes to an end where services call each other in a ring', async () => {
      const graph = await openShop()
      await graph.observe('payment', 'gateway', 'traces', 9_900)
      expect([...(await graph.dependentsOf('payment'))].sort()).toEqual(['checkout', 'gateway'])
    })

    it('says which service it does not know', async () => {
      await expect((await openShop()).dependentsOf('paymnt')).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('"paymnt"'),
      })
    })
  })
}
