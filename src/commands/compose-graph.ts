import type { Logger } from 'pino'
import type { Config } from '../config/load.ts'
import { Neo4jGraph } from '../integrations/neo4j/neo4j-graph.ts'
import { InProcessTopology } from '../integrations/topology/in-process-topology.ts'
import { LastKnownGraph } from '../integrations/topology/last-known-graph.ts'
import type { ServiceGraph } from '../pipeline/rca/ports.ts'

/** Longer than any weekly job is silent. */
const FORGET_CALLS_AFTER_MS = 8 * 86_400_000
/** Half of what a diagnosis waits for a source (rca.yaml), so that the last known graph is in time. */
const SHARE_OF_DEADLINE = 0.5
const READ_OVER_EVERY_MS = 600_000

/** The service graph: in this process, or in Neo4j with its last known state in this process. Nothing is connected yet. */
export function composeGraph({ environment, services, rca }: Config, log: Logger): ServiceGraph {
  const options = { services, forgetAfterMs: FORGET_CALLS_AFTER_MS, nowMs: Date.now }
  const known = new InProcessTopology(options)
  if (environment.NEO4J_URL === null) return known
  const kept = new Neo4jGraph({
    ...options,
    url: environment.NEO4J_URL,
    user: environment.NEO4J_USER,
    password: environment.NEO4J_PASSWORD,
    database: environment.NEO4J_DATABASE,
    caFile: environment.NEO4J_CA_FILE,
  })
  return new LastKnownGraph({
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
}
