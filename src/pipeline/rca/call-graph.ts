import { EDGE_SERVICE, type IncidentCase } from '../signals/telemetry.ts'

/** Who calls whom, read-only. */
export interface CallGraph {
  readonly services: readonly string[]
  callees(service: string): readonly string[]
  callers(service: string): readonly string[]
  /** Shortest way along calls, both ends included; null where there is none. */
  path(from: string, to: string): readonly string[] | null
}

/** The declared graph and every call that metrics or spans show, over all services that anything names. */
export function callGraph(
  incidentCase: IncidentCase,
  observed: readonly (readonly [string, string])[],
): CallGraph {
  const services = new Set<string>()
  const down = new Map<string, Set<string>>()
  const up = new Map<string, Set<string>>()
  const addEdge = ([caller, callee]: readonly [string, string]): void => {
    if (caller === callee) return
    services.add(caller).add(callee)
    setOf(down, caller).add(callee)
    setOf(up, callee).add(caller)
  }
  for (const node of incidentCase.topology?.nodes ?? []) services.add(node)
  for (const edge of incidentCase.topology?.edges ?? []) addEdge(edge)
  for (const series of incidentCase.metrics) {
    services.add(series.service)
    if (series.edge !== undefined) addEdge(series.edge)
  }
  for (const edge of observed) addEdge(edge)
  for (const change of incidentCase.changes) services.add(change.service)
  for (const line of incidentCase.logs) services.add(line.service)
  services.delete(EDGE_SERVICE)
  const [below, above] = [asLists(down), asLists(up)]
  const callees = (service: string): readonly string[] => below.get(service) ?? NONE
  return {
    services: [...services].sort(),
    callees,
    callers: (service) => above.get(service) ?? NONE,
    path: (from, to) => shortestPath(from, to, callees),
  }
}

const NONE: readonly string[] = []

function asLists(sets: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  return new Map([...sets].map(([service, others]) => [service, [...others]]))
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Set<string>()
  map.set(key, made)
  return made
}

function shortestPath(
  from: string,
  to: string,
  next: (service: string) => readonly string[],
): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]])
  const queue = [from]
  for (let at = 0; at < queue.length; at += 1) {
    const service = queue[at] ?? ''
    if (service === to) return walkBack(cameFrom, to)
    for (const callee of next(service)) {
      if (cameFrom.has(callee)) continue
      cameFrom.set(callee, service)
      queue.push(callee)
    }
  }
  return null
}

function walkBack(cameFrom: ReadonlyMap<string, string | null>, to: string): readonly string[] {
  const path: string[] = []
  for (let at: string | null = to; at !== null; at = cameFrom.get(at) ?? null) path.unshift(at)
  return path
}
