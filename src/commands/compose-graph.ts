import type { Logger } from 'pino'
import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import type { Environment } from '../config/schema/environment.ts'
import { Neo4jGraph, type Neo4jGraphOptions } from '../integrations/neo4j/neo4j-graph.ts'
import { GraphFile } from '../integrations/topology/graph-file.ts'
import { InProcessTopology } from '../integrations/topology/in-process-topology.ts'
import { LastKnownGraph } from '../integrations/topology/last-known-graph.ts'
import type { ServiceGraph } from '../pipeline/rca/ports.ts'

/** Longer than any weekly job is silent. */
export const FORGET_CALLS_AFTER_MS = 8 * 86_400_000
/** Half of what a diagnosis waits for a source (rca.yaml), so that the last known graph is in time. */
const SHARE_OF_DEADLINE = 0.5
const READ_OVER_EVERY_MS = 600_000

export interface ComposedGraph {
  readonly graph: ServiceGraph
  /** What is known in this process; the graph itself where it is kept nowhere else. */
  readonly known: ServiceGraph
}

/** The service graph: in this process, or in Neo4j with its last known state in this process. Nothing is connected yet. */
export function composeGraph({ environment, services, rca }: Config, log: Logger): ComposedGraph {
  const options = { services, forgetAfterMs: FORGET_CALLS_AFTER_MS, nowMs: Date.now }
  const known = new InProcessTopology(options)
  const kept = neo4jGraph(environment, options)
  if (kept === null) return { graph: known, known }
  const graph = new LastKnownGraph({
    kept,
    known,
    answerWithinMs: rca.gather.deadlineMs * SHARE_OF_DEADLINE,
    readOverEveryMs: READ_OVER_EVERY_MS,
    onChange: (fault) => {
      if (fault === null) log.info('the graph database answers again')
      else log.warn({ code: fault.code, mend: fault.mend }, `${fault.message}: the last known graph answers`)
    },
    nowMs: Date.now,
  })
  return { graph, known }
}

export const NEO4J_VARIABLES = [
  'NEO4J_URL',
  'NEO4J_USER',
  'NEO4J_PASSWORD',
  'NEO4J_DATABASE',
  'NEO4J_CA_FILE',
] as const

/** Null where no Neo4j is configured. Nothing is connected yet. */
export function neo4jGraph(
  environment: Pick<Environment, (typeof NEO4J_VARIABLES)[number]>,
  options: Pick<Neo4jGraphOptions, 'services' | 'forgetAfterMs' | 'readOnly' | 'nowMs'>,
): Neo4jGraph | null {
  if (environment.NEO4J_URL === null) return null
  return new Neo4jGraph({
    ...options,
    url: environment.NEO4J_URL,
    user: environment.NEO4J_USER,
    password: environment.NEO4J_PASSWORD,
    database: environment.NEO4J_DATABASE,
    caFile: environment.NEO4J_CA_FILE,
  })
}

/** Where the bot keeps what it knows of the graph, for its next start and for `ccp graph`. */
export function graphFileIn(dataDirectory: string): GraphFile {
  return new GraphFile(join(dataDirectory, 'service-graph.json'))
}
