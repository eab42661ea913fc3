import { expect, it } from 'vitest'
import type { Recording } from '../../../src/commands/replay/read-recording.ts'
import { recordedSources } from '../../../src/commands/replay/recorded-sources.ts'
import { loadSettings } from '../../../src/config/load.ts'

const { rca } = loadSettings(['rca'], {})
const GRAPH = { nodes: ['gateway', 'payment'], edges: [['gateway', 'payment']] as const }

function topologyWhere(missing: readonly string[]) {
  const recording = {
    incidentCase: { topology: GRAPH, logs: [] },
    gather: rca.gather,
    tracing: false,
    missing,
  } as unknown as Recording
  return recordedSources(recording, { services: [], settings: rca }).topology.topology()
}

it('gives the graph as it was, and as old as it was', async () => {
  expect(await topologyWhere([])).toEqual(GRAPH)
  const told = 'Neo4j at bolt://graph:7687 cannot be reached; read last 3 minutes ago'
  expect(await topologyWhere([`service graph as last known: ${told}`])).toEqual({ ...GRAPH, outdated: told })
})

it('is silent where the graph was silent', async () => {
  const missing = ['service graph: down; only services.yaml says who calls whom']
  await expect(topologyWhere(missing)).rejects.toMatchObject({ code: 'unavailable', message: 'down' })
})

it('gives the spans that there were, and what their sample lacked then', async () => {
  const told = 'sample of traces: Tempo answered only 3 of 20 traces in 2500 ms; fewer requests are compared'
  const span = { t: 5, trace: '1', span: '2', parent: null, service: 'payment', operation: 'pay' }
  const recording = {
    incidentCase: { spans: [span], logs: [] },
    gather: rca.gather,
    tracing: true,
    missing: [told],
  } as unknown as Recording
  const lacks: string[] = []
  const { spans } = recordedSources(recording, { services: [], settings: rca })
  const window = { services: [], fromMs: 0, toMs: 9_000, limit: 10 }
  expect(await spans?.spansBetween(window, (text) => lacks.push(text))).toEqual([span])
  expect(lacks).toEqual([told])
})
