import { expect, it } from 'vitest'
import { InProcessTopology } from '../../../src/integrations/topology/in-process-topology.ts'
import { LastKnownGraph } from '../../../src/integrations/topology/last-known-graph.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import type { SeenCall } from '../../../src/pipeline/signals/service-graph.ts'
import { serviceGraphContract, type GraphSetup } from '../../contracts/service-graph.ts'

const HOUR_MS = 3_600_000

serviceGraphContract('with its last known state', async (setup) => graphOf(setup).graph)

it('has what others wrote before when the other goes down', async () => {
  const { graph, kept, goDown } = graphOf()
  await kept.observe([call('payment', 'ledger')])
  await graph.observe([])
  goDown('Neo4j is gone')
  expect((await graph.topology()).edges).toContainEqual(['payment', 'ledger'])
  expect((await graph.calls()).find(({ callee }) => callee === 'ledger')?.by).toEqual([
    { source: 'metrics', lastSeenMs: 9_900 },
  ])
})

it('says of a graph that could never be read what it holds', async () => {
  const { graph, goDown } = graphOf()
  goDown('Neo4j is gone')
  await graph.observe([call('gateway', 'search')])
  expect(await graph.topology()).toEqual({
    nodes: ['gateway', 'payment', 'search'],
    edges: [
      ['gateway', 'payment'],
      ['gateway', 'search'],
    ],
    outdated:
      'Neo4j is gone; not read since the start: it holds services.yaml and what the bot has seen itself',
  })
})

it('keeps no diagnosis waiting for a graph that does not answer', async () => {
  const { graph, hang } = graphOf()
  hang()
  expect((await graph.topology()).outdated).toContain('gave no answer within 20 ms')
})

it('tells of going down and of coming back once each', async () => {
  const { graph, goDown, comeBack, changes } = graphOf()
  await graph.topology()
  goDown('Neo4j is gone')
  await graph.topology()
  await graph.observe([])
  await graph.dependentsOf('payment')
  comeBack()
  await graph.topology()
  await graph.observe([])
  expect(changes).toEqual(['Neo4j is gone', null])
})

it('takes an unknown service for no outage', async () => {
  const { graph, changes } = graphOf()
  await expect(graph.dependentsOf('paymnt')).rejects.toMatchObject({ code: 'not-found' })
  expect(changes).toEqual([])
})

function graphOf(setup: Partial<GraphSetup> = {}) {
  const options: GraphSetup = {
    services: [{ name: 'gateway', dependsOn: ['payment'] }],
    forgetAfterMs: HOUR_MS,
    nowMs: () => 10_000,
    ...setup,
  }
  let answer: <T>(truth: () => Promise<T>) => Promise<T> = (truth) => truth()
  const kept = new InProcessTopology(options)
  const flaky = new Proxy(kept, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
      return (...args: unknown[]) => answer(() => method.apply(target, args))
    },
  })
  const changes: (string | null)[] = []
  const graph = new LastKnownGraph({
    kept: flaky,
    known: new InProcessTopology(options),
    answerWithinMs: 20,
    readOverEveryMs: HOUR_MS,
    onChange: (fault) => changes.push(fault?.message ?? null),
    nowMs: options.nowMs,
  })
  return {
    graph,
    kept,
    changes,
    goDown: (message: string) => void (answer = () => Promise.reject(new CcpError('unavailable', message))),
    hang: () => void (answer = () => new Promise(() => undefined)),
    comeBack: () => void (answer = (truth) => truth()),
  }
}

function call(caller: string, callee: string): SeenCall {
  return { caller, callee, source: 'metrics', atMs: 9_900 }
}
