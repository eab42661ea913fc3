import type { ServiceGraph } from '../pipeline/rca/ports.ts'
import type { KnownCall } from '../pipeline/signals/service-graph.ts'

/** A call on a way to or from a service; 1: it is a call of the service itself. */
export interface CallAway {
  readonly hops: number
  readonly call: KnownCall
}

export interface GraphAround {
  readonly service: string
  readonly depth: number
  /** The calls over which it is reached, the nearest first. */
  readonly callers: readonly CallAway[]
  /** The calls over which it reaches others, the nearest first. */
  readonly callees: readonly CallAway[]
}

/** All calls on ways of at most `depth` calls to the service and from it. Throws CcpError `not-found` for one that is not known. */
export async function graphAround(graph: ServiceGraph, service: string, depth: number): Promise<GraphAround> {
  const [calls, callers, callees] = await Promise.all([
    graph.calls(),
    distances(service, depth, (hops) => graph.dependentsOf(service, { hops })),
    distances(service, depth, (hops) => graph.dependenciesOf(service, { hops })),
  ])
  return {
    service,
    depth,
    callers: callsAway(calls, depth, ({ callee }) => callers.get(callee)),
    callees: callsAway(calls, depth, ({ caller }) => callees.get(caller)),
  }
}

/** How many calls each service is away, itself at 0; beyond the last one nobody is asked. */
async function distances(
  service: string,
  depth: number,
  within: (hops: number) => Promise<readonly string[]>,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map([[service, 0]])
  for (let hops = 1; hops <= depth; hops += 1) {
    const before = found.size
    for (const name of await within(hops)) if (!found.has(name)) found.set(name, hops)
    if (found.size === before) break
  }
  return found
}

function callsAway(
  calls: readonly KnownCall[],
  depth: number,
  distanceOf: (call: KnownCall) => number | undefined,
): readonly CallAway[] {
  return calls
    .flatMap((call): readonly CallAway[] => {
      const distance = distanceOf(call)
      return distance === undefined || distance >= depth ? [] : [{ hops: distance + 1, call }]
    })
    .sort((a, b) => a.hops - b.hops)
}
