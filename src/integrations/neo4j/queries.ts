/**
 * The Cypher of the service graph. A service is (:CcpService {name, declared?}); a call is one [:CCP_CALLS] between two of them with
 * `declared` where services.yaml says so, the epoch ms of the newest observation under a key for each observer, and the newest
 * of them all as `lastSeenMs`. Values are always parameters, never text.
 */
import { CALL_OBSERVERS, type CallObserver } from '../../pipeline/signals/service-graph.ts'

/** Where a relationship keeps when an observer saw it last. */
export const SEEN_KEYS: Readonly<Record<CallObserver, string>> = {
  metrics: 'metricsMs',
  traces: 'tracesMs',
  'service-graph': 'serviceGraphMs',
  kubernetes: 'kubernetesMs',
}

/** Each a statement of its own, harmless when repeated. */
export const SCHEMA = [
  'CREATE CONSTRAINT ccp_service_name IF NOT EXISTS FOR (s:CcpService) REQUIRE s.name IS UNIQUE',
  'CREATE INDEX ccp_service_declared IF NOT EXISTS FOR (s:CcpService) ON (s.declared)',
  'CREATE INDEX ccp_calls_declared IF NOT EXISTS FOR ()-[c:CCP_CALLS]-() ON (c.declared)',
  'CREATE INDEX ccp_calls_last_seen IF NOT EXISTS FOR ()-[c:CCP_CALLS]-() ON (c.lastSeenMs)',
] as const

/** In this order, in one transaction: what services.yaml no longer says is taken back, what it says is written. */
export const DECLARE = [
  'MATCH (s:CcpService {declared: true}) WHERE NOT s.name IN $names REMOVE s.declared',
  'MATCH ()-[c:CCP_CALLS {declared: true}]->() REMOVE c.declared',
  'UNWIND $names AS name MERGE (s:CcpService {name: name}) SET s.declared = true',
  `UNWIND $calls AS call
   MATCH (caller:CcpService {name: call.caller}) MATCH (callee:CcpService {name: call.callee})
   MERGE (caller)-[c:CCP_CALLS]->(callee) SET c.declared = true`,
  'MATCH ()-[c:CCP_CALLS]->() WHERE c.declared IS NULL AND c.lastSeenMs IS NULL DELETE c',
  'MATCH (s:CcpService) WHERE s.declared IS NULL AND NOT (s)--() DELETE s',
] as const

const SET_NEWEST = [...Object.values(SEEN_KEYS), 'lastSeenMs']
  .map(
    (key) =>
      `c.${key} = CASE WHEN call.${key} IS NULL OR c.${key} >= call.${key} THEN c.${key} ELSE call.${key} END`,
  )
  .join(', ')

/** Updates the calls that are there and answers which. */
export const UPDATE = `
  UNWIND $calls AS call
  MATCH (:CcpService {name: call.caller})-[c:CCP_CALLS]->(:CcpService {name: call.callee})
  SET ${SET_NEWEST}
  RETURN call.caller AS caller, call.callee AS callee`

/** From the store's own count, whatever the size. */
export const COUNT = 'MATCH ()-[c:CCP_CALLS]->() RETURN count(c) AS calls'

export const ADD = `
  UNWIND $calls AS call
  MERGE (caller:CcpService {name: call.caller})
  MERGE (callee:CcpService {name: call.callee})
  MERGE (caller)-[c:CCP_CALLS]->(callee)
  SET ${SET_NEWEST}`

/** With the services that nothing else names; a share of them at a time. */
export const FORGET = `
  MATCH (caller:CcpService)-[c:CCP_CALLS]->(callee:CcpService)
  WHERE c.lastSeenMs < $oldestMs AND c.declared IS NULL
  WITH c, caller, callee LIMIT 5000
  DELETE c
  WITH collect(caller) + collect(callee) AS ends
  UNWIND ends AS s
  WITH DISTINCT s WHERE s.declared IS NULL AND NOT (s)--()
  DELETE s`

const IS_KNOWN = '(c.declared OR c.lastSeenMs >= $oldestMs)'

export const DECLARED_SERVICES = 'MATCH (s:CcpService {declared: true}) RETURN s.name AS name'

export const CALLS = `
  MATCH (caller:CcpService)-[c:CCP_CALLS]->(callee:CcpService)
  WHERE ${IS_KNOWN}
  RETURN caller.name AS caller, callee.name AS callee, c.declared AS declared,
         ${CALL_OBSERVERS.map((observer) => `c.${SEEN_KEYS[observer]} AS ${SEEN_KEYS[observer]}`).join(', ')}`

export const IS_SERVICE = `
  MATCH (s:CcpService {name: $name})
  RETURN s.declared = true OR EXISTS { MATCH (s)-[c:CCP_CALLS]-() WHERE ${IS_KNOWN} } AS known`

/**
 * All services within reach with the least number of calls to each. Only the distance is asked for, so that the planner visits every
 * service once (VarLengthExpand pruning, breadth first) and does not list the ways.
 */
export function reach(direction: 'callers' | 'callees', hops: number): string {
  const calls = `[cs:CCP_CALLS*1..${whole(hops)}]`
  const pattern = direction === 'callers' ? `<-${calls}-` : `-${calls}->`
  return `
  MATCH p = (s:CcpService {name: $name})${pattern}(other:CcpService)
  WHERE all(c IN cs WHERE ${IS_KNOWN})
  RETURN other.name AS name, min(length(p)) AS hops`
}

/** Among equals the first by name, as long as there are no more than a thousand. */
export function shortestWays(hops: number): string {
  return `
  MATCH (caller:CcpService {name: $caller}), (callee:CcpService {name: $callee})
  MATCH p = allShortestPaths((caller)-[:CCP_CALLS*1..${whole(hops)}]->(callee))
  WHERE all(c IN relationships(p) WHERE ${IS_KNOWN})
  WITH [s IN nodes(p) | s.name] AS way LIMIT 1000
  RETURN way ORDER BY way LIMIT toInteger($most)`
}

/** A bound of a pattern cannot be a parameter: nothing but digits gets into the text. */
function whole(hops: number): string {
  return String(Math.max(1, Math.trunc(hops)))
}
