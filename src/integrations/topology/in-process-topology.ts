import { DirectedGraph } from 'graphology'
import { CcpError } from '../../pipeline/errors.ts'
import type { Bounds, KnownTopology, ServiceGraph } from '../../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import {
  byNames,
  CALL_OBSERVERS,
  distinctCalls,
  MOST_CALLS,
  MOST_HOPS,
  type CallObserver,
  type KnownCall,
  type SeenCall,
} from '../../pipeline/signals/service-graph.ts'
import { shortestWays } from './shortest-ways.ts'

interface CallAttributes {
  readonly isDeclared: boolean
  /** Epoch milliseconds of the newest observation of each source. */
  readonly seen: Map<CallObserver, number>
}

export interface InProcessTopologyOptions {
  readonly services: readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]
  /** Observations older than this are forgotten; declared calls stay. */
  readonly forgetAfterMs: number
  readonly mostCalls?: number
  nowMs(): number
}

/**
 * The service graph in memory: what services.yaml declares, and the calls that were observed.
 */
export class InProcessTopology implements ServiceGraph {
  readonly #graph = new DirectedGraph<{ isDeclared?: boolean }, CallAttributes>({ allowSelfLoops: false })
  readonly #options: InProcessTopologyOptions

  constructor(options: InProcessTopologyOptions) {
    this.#options = options
    for (const { name, dependsOn } of options.services) {
      this.#graph.mergeNode(name, { isDeclared: true })
      for (const callee of dependsOn) this.#declare(name, callee)
    }
  }

  async topology(): Promise<KnownTopology> {
    this.#forget()
    const edges = this.#graph.mapEdges((_, __, caller, callee) => [caller, callee] as const)
    return { nodes: this.#graph.nodes().sort(), edges: edges.sort(byNames) }
  }

  async observe(calls: readonly SeenCall[]): Promise<void> {
    this.#forget()
    for (const call of distinctCalls(calls)) this.#see(call)
  }

  async calls(): Promise<readonly KnownCall[]> {
    this.#forget()
    return this.#graph
      .mapEdges((_, attributes, caller, callee) => ({ caller, callee, by: evidence(attributes) }))
      .sort((a, b) => byNames([a.caller, a.callee], [b.caller, b.callee]))
  }

  async dependentsOf(service: string, bounds: Bounds = {}): Promise<readonly string[]> {
    return this.#reach(service, bounds, (name) => this.#graph.inNeighbors(name))
  }

  async dependenciesOf(service: string, bounds: Bounds = {}): Promise<readonly string[]> {
    return this.#reach(service, bounds, (name) => this.#graph.outNeighbors(name))
  }

  async waysBetween(
    caller: string,
    callee: string,
    { hops = MOST_HOPS, most = 20 }: Bounds = {},
  ): Promise<readonly (readonly string[])[]> {
    this.#forget()
    this.#mustKnow(caller)
    this.#mustKnow(callee)
    const callees = (name: string): readonly string[] => this.#graph.outNeighbors(name)
    return shortestWays(caller, callee, callees, { hops: Math.min(hops, MOST_HOPS), most })
  }

  async close(): Promise<void> {
    this.#graph.clear()
  }

  #declare(caller: string, callee: string): void {
    this.#graph.mergeNode(callee, { isDeclared: true })
    if (caller !== callee)
      this.#graph.mergeDirectedEdge(caller, callee, { isDeclared: true, seen: new Map() })
  }

  #see({ caller, callee, source, atMs }: SeenCall): void {
    if (atMs < this.#oldestMs()) return
    if (!this.#graph.hasDirectedEdge(caller, callee)) {
      if (this.#graph.size >= (this.#options.mostCalls ?? MOST_CALLS)) return
      this.#graph.mergeNode(caller)
      this.#graph.mergeNode(callee)
      this.#graph.addDirectedEdge(caller, callee, { isDeclared: false, seen: new Map() })
    }
    const seen = this.#graph.getDirectedEdgeAttribute(caller, callee, 'seen')
    seen.set(source, Math.max(seen.get(source) ?? atMs, atMs))
  }

  #reach(
    service: string,
    { hops = MOST_HOPS, most = Infinity }: Bounds,
    next: (name: string) => string[],
  ): readonly string[] {
    this.#forget()
    this.#mustKnow(service)
    const found = new Set<string>([service])
    let ring: readonly string[] = [service]
    for (let hop = 0; hop < Math.min(hops, MOST_HOPS) && ring.length > 0; hop += 1) {
      ring = [...new Set(ring.flatMap(next))].filter((name) => !found.has(name)).sort()
      for (const name of ring) found.add(name)
    }
    found.delete(service)
    return [...found].slice(0, most)
  }

  #mustKnow(service: string): void {
    if (this.#graph.hasNode(service)) return
    throw new CcpError('not-found', `the service graph knows no service "${service}"`, {
      mend: 'name it in config/services.yaml',
    })
  }

  #oldestMs(): number {
    return this.#options.nowMs() - this.#options.forgetAfterMs
  }

  /** Also the services that only forgotten calls named. */
  #forget(): void {
    const oldestMs = this.#oldestMs()
    for (const { edge, source, target, attributes } of [...this.#graph.edgeEntries()]) {
      for (const [observer, atMs] of attributes.seen) if (atMs < oldestMs) attributes.seen.delete(observer)
      if (attributes.isDeclared || attributes.seen.size > 0) continue
      this.#graph.dropEdge(edge)
      for (const node of [source, target]) this.#dropLonely(node)
    }
  }

  #dropLonely(node: string): void {
    if (this.#graph.getNodeAttribute(node, 'isDeclared') !== true && this.#graph.degree(node) === 0)
      this.#graph.dropNode(node)
  }
}

function evidence({ isDeclared, seen }: CallAttributes): KnownCall['by'] {
  const declared = isDeclared ? [{ source: 'services.yaml', lastSeenMs: null } as const] : []
  const observed = CALL_OBSERVERS.flatMap((source) => {
    const lastSeenMs = seen.get(source)
    return lastSeenMs === undefined ? [] : [{ source, lastSeenMs }]
  })
  return [...declared, ...observed]
}
