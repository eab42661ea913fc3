import { expect, it } from 'vitest'
import { keepGraph } from '../../src/commands/keep-graph.ts'
import type { FiledGraph } from '../../src/integrations/topology/graph-file.ts'
import { InProcessTopology } from '../../src/integrations/topology/in-process-topology.ts'
import { CcpError } from '../../src/pipeline/errors.ts'
import type { SeenCall } from '../../src/pipeline/signals/service-graph.ts'

const NOW_MS = 10_000
const LEDGER: SeenCall = { caller: 'payment', callee: 'ledger', source: 'traces', atMs: 9_500 }

function keeping(file: Partial<Parameters<typeof keepGraph>[0]['file']> = {}, dependsOn = ['payment']) {
  const known = new InProcessTopology({
    services: [{ name: 'gateway', dependsOn }],
    forgetAfterMs: 1_000,
    nowMs: () => NOW_MS,
  })
  const written: FiledGraph[] = []
  const reports: string[] = []
  const keeper = keepGraph({
    known,
    file: { read: async () => null, write: async (graph) => void written.push(graph), ...file },
    report: ({ message }) => void reports.push(message),
    nowMs: () => NOW_MS,
  })
  return { known, written, reports, ...keeper }
}

it('is kept as it is known, one writing after the other', async () => {
  let atOnce = 0
  const written: FiledGraph[] = []
  const { known, keep } = keeping({
    write: async (graph) => {
      expect((atOnce += 1)).toBe(1)
      await Promise.resolve()
      written.push(graph)
      atOnce -= 1
    },
  })
  await Promise.all([keep(), keep()])
  expect(written).toEqual(Array(2).fill({ keptAtMs: NOW_MS, calls: await known.calls() }))
})

it('knows after a restart what was seen before, and declares only what services.yaml says now', async () => {
  const before = keeping()
  await before.known.observe([LEDGER, { ...LEDGER, callee: 'bank', atMs: 8_000 }])
  await before.keep()
  const after = keeping({ read: async () => before.written[0] ?? null }, ['checkout'])
  await after.restore()
  expect((await after.known.topology()).edges).toEqual([
    ['gateway', 'checkout'],
    ['payment', 'ledger'],
  ])
})

it('starts without what cannot be read, and tells of it', async () => {
  const { known, reports, restore } = keeping({
    read: () => Promise.reject(new CcpError('corrupt', 'it is no service graph')),
  })
  await restore()
  expect(reports).toEqual(['it is no service graph'])
  expect((await known.topology()).edges).toEqual([['gateway', 'payment']])
})

it('tells once of a file that cannot be written, and again after it could', async () => {
  let isFull = true
  const { reports, keep } = keeping({
    write: async () => {
      if (isFull) throw new CcpError('unavailable', 'no space left on device')
    },
  })
  await keep()
  await keep()
  expect(reports).toEqual(['no space left on device'])
  isFull = false
  await keep()
  isFull = true
  await keep()
  expect(reports).toHaveLength(2)
})
