import { expect, it } from 'vitest'
import { feedGraph, spanCalls } from '../../src/commands/graph-feed.ts'
import { InProcessTopology } from '../../src/integrations/topology/in-process-topology.ts'
import { CcpError } from '../../src/pipeline/errors.ts'
import type { CallSource } from '../../src/pipeline/rca/ports.ts'
import type { SeenCall } from '../../src/pipeline/signals/service-graph.ts'

const LEDGER: SeenCall = { caller: 'payment', callee: 'ledger', source: 'service-graph', atMs: 9_000 }

function graphOf() {
  return new InProcessTopology({ services: [], forgetAfterMs: 60_000, nowMs: () => 10_000 })
}

function feed(sources: readonly CallSource[]) {
  const graph = graphOf()
  const reports: string[] = []
  const report = ({ message }: CcpError): void => void reports.push(message)
  return { graph, reports, ...feedGraph({ graph, sources, everyMs: 60_000, report }) }
}

it('brings what one source sees into the graph though another is down, and tells of that once', async () => {
  let isDown = true
  const down: CallSource = {
    callsSeen: async () => {
      if (isDown) throw new CcpError('unavailable', 'Prometheus is gone')
      return []
    },
  }
  const { graph, reports, round } = feed([down, { callsSeen: async () => [LEDGER] }])
  await round()
  await round()
  expect((await graph.topology()).edges).toEqual([['payment', 'ledger']])
  expect(reports).toEqual(['Prometheus is gone'])
  isDown = false
  await round()
  isDown = true
  await round()
  expect(reports).toHaveLength(2)
})

it('says when all that were asked have answered, and no more once it is stopped', async () => {
  const graph = graphOf()
  const known: number[] = []
  const sources = [{ callsSeen: async () => [LEDGER] }]
  const afterRound = async (): Promise<void> => void known.push((await graph.calls()).length)
  const report = (): void => undefined
  const { round, stop } = feedGraph({ graph, sources, everyMs: 60_000, report, afterRound })
  await round()
  expect(known).toEqual([1])
  stop()
  await round()
  expect(known).toEqual([1])
})

it('asks no source that has not answered yet', async () => {
  let asked = 0
  let answer: (calls: readonly SeenCall[]) => void = () => undefined
  const slow: CallSource = {
    callsSeen: () => {
      asked += 1
      return new Promise((resolve) => (answer = resolve))
    },
  }
  const { round } = feed([slow])
  const first = round()
  await round()
  expect(asked).toBe(1)
  answer([])
  await first
  void round()
  expect(asked).toBe(2)
})

it('leaves the graph alone once it is stopped', async () => {
  let answer: (calls: readonly SeenCall[]) => void = () => undefined
  const { graph, round, stop } = feed([{ callsSeen: () => new Promise((resolve) => (answer = resolve)) }])
  const last = round()
  stop()
  answer([LEDGER])
  await last
  expect((await graph.topology()).edges).toEqual([])
})

it('takes the calls out of the newest spans', async () => {
  const span = { trace: 'a', operation: 'GET /', durationMs: 1, error: false, t: 9.5 }
  const source = spanCalls(
    {
      spansBetween: async ({ services, fromMs, toMs, limit }) => {
        expect({ services, fromMs, toMs, limit }).toEqual({
          services: ['payment'],
          fromMs: 4_000,
          toMs: 10_000,
          limit: 100,
        })
        return [
          { ...span, span: '1', parent: null, service: 'payment' },
          { ...span, span: '2', parent: '1', service: 'ledger' },
        ]
      },
    },
    { services: ['payment'], lookBackMs: 6_000, limit: 100, nowMs: () => 10_000 },
  )
  expect(await source.callsSeen()).toEqual([
    { caller: 'payment', callee: 'ledger', source: 'traces', atMs: 9_500 },
  ])
})
