import { expect, it } from 'vitest'
import { InProcessTopology } from '../../../src/integrations/topology/in-process-topology.ts'
import { topologySourceContract } from '../../contracts/topology-source.ts'

topologySourceContract('in process', async (setup) => new InProcessTopology(setup))

it('tells who says so of every call', () => {
  const graph = new InProcessTopology({
    services: [{ name: 'gateway', dependsOn: ['checkout'] }],
    forgetAfterMs: 1000,
    nowMs: () => 500,
  })
  graph.observe('checkout', 'payment', 'metrics', 400)
  graph.observe('gateway', 'checkout', 'traces', 450)
  expect(graph.calls()).toEqual([
    { caller: 'checkout', callee: 'payment', source: 'metrics', lastSeenMs: 400 },
    { caller: 'gateway', callee: 'checkout', source: 'services.yaml', lastSeenMs: 450 },
  ])
})
