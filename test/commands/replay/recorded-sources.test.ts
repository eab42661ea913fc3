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
