import { loadSettings, loadVariables } from '../config/load.ts'
import { InProcessTopology } from '../integrations/topology/in-process-topology.ts'
import { CcpError, toCcpError } from '../pipeline/errors.ts'
import type { ServiceGraph } from '../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../pipeline/services.ts'
import { observationsOf, type KnownCall } from '../pipeline/signals/service-graph.ts'
import { FORGET_CALLS_AFTER_MS, graphFileIn, NEO4J_VARIABLES, neo4jGraph } from './compose-graph.ts'
import { graphAround } from './graph-around.ts'
import { graphJson, graphText, type GraphOrigin, type ShownGraph } from './graph-words.ts'
import type { Write } from './write.ts'

export interface GraphOptions {
  /** Null: the whole graph. */
  readonly service: string | null
  /** Calls in a row, 1 to 16. */
  readonly depth: number
  readonly json: boolean
}

type Services = readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]

/**
 * `ccp graph`: who calls whom as the bot knows it, from Neo4j where that is configured and answers, else from what the bot kept last,
 * else from services.yaml. Nothing is written. Answers the exit code 0. Throws CcpError `not-found` for a service that is
 * not in the graph, and `bad-config`.
 */
export async function graphCommand(
  options: GraphOptions,
  variables: NodeJS.ProcessEnv,
  write: Write,
  nowMs: () => number = Date.now,
): Promise<number> {
  const { services } = loadSettings(['services'], variables)
  const environment = loadVariables([...NEO4J_VARIABLES, 'CCP_DATA_DIR'], variables)
  const { calls, origin } = await knownCalls(environment, services, nowMs)
  const graph = await graphOf(calls, services, nowMs)
  const shown: ShownGraph = {
    origin,
    services: (await graph.topology()).nodes,
    calls: await graph.calls(),
    around: options.service === null ? null : await around(graph, options.service, options.depth),
    nowMs: nowMs(),
  }
  if (options.json) write(JSON.stringify(graphJson(shown)))
  else for (const line of graphText(shown)) write(line)
  return 0
}

interface KnownCalls {
  readonly calls: readonly KnownCall[]
  readonly origin: GraphOrigin
}

async function knownCalls(
  environment: Parameters<typeof neo4jGraph>[0] & { readonly CCP_DATA_DIR: string },
  services: Services,
  nowMs: () => number,
): Promise<KnownCalls> {
  const options = { services: [], forgetAfterMs: FORGET_CALLS_AFTER_MS, readOnly: true, nowMs }
  const kept = neo4jGraph(environment, options)
  if (kept === null) return lastKnown(environment.CCP_DATA_DIR, services, null)
  try {
    return { calls: await kept.calls(), origin: { kind: 'neo4j', url: environment.NEO4J_URL ?? '' } }
  } catch (thrown) {
    return await lastKnown(environment.CCP_DATA_DIR, services, toCcpError(thrown))
  } finally {
    await kept.close()
  }
}

async function lastKnown(
  dataDirectory: string,
  services: Services,
  fault: CcpError | null,
): Promise<KnownCalls> {
  const file = graphFileIn(dataDirectory)
  const faults = fault === null ? [] : [fault]
  const declared = services.flatMap(({ name: caller, dependsOn }) =>
    dependsOn.map((callee): KnownCall => ({
      caller,
      callee,
      by: [{ source: 'services.yaml', lastSeenMs: null }],
    })),
  )
  const origin = { kind: 'services.yaml', path: file.path, isUnreadable: false, faults } as const
  try {
    const filed = await file.read()
    if (filed === null) return { calls: declared, origin }
    return { calls: filed.calls, origin: { kind: 'bot', keptAtMs: filed.keptAtMs, faults } }
  } catch (thrown) {
    const unreadable = { isUnreadable: true, faults: [...faults, toCcpError(thrown)] }
    return { calls: declared, origin: { ...origin, ...unreadable } }
  }
}

/** The calls as a graph that can be asked; of services.yaml only the names, for what is declared is in the calls. */
async function graphOf(
  calls: readonly KnownCall[],
  services: Services,
  nowMs: () => number,
): Promise<ServiceGraph> {
  const declared = Map.groupBy(
    calls.filter(({ by }) => by.some(({ source }) => source === 'services.yaml')),
    ({ caller }) => caller,
  )
  const names = new Set([...services.map(({ name }) => name), ...declared.keys()])
  const graph = new InProcessTopology({
    services: [...names].map((name) => ({
      name,
      dependsOn: (declared.get(name) ?? []).map(({ callee }) => callee),
    })),
    forgetAfterMs: FORGET_CALLS_AFTER_MS,
    nowMs,
  })
  await graph.observe(observationsOf(calls))
  return graph
}

const NAMES_TOLD = 12

async function around(graph: ServiceGraph, service: string, depth: number): Promise<ShownGraph['around']> {
  try {
    return await graphAround(graph, service, depth)
  } catch (thrown) {
    const { nodes } = await graph.topology()
    const error = toCcpError(thrown)
    if (error.code !== 'not-found' || nodes.length === 0) throw error
    const more = nodes.length > NAMES_TOLD ? `, and ${nodes.length - NAMES_TOLD} more` : ''
    throw new CcpError('not-found', error.message, {
      mend: `it knows ${nodes.slice(0, NAMES_TOLD).join(', ')}${more}`,
    })
  }
}
