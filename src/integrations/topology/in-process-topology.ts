import { DirectedGraph } from 'graphology'
import { CcpError } from '../../pipeline/errors.ts'
import type { TopologySource } from '../../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import type { Topology } from '../../pipeline/signals/telemetry.ts'

/** Who says that one service calls another: the configuration, or something that saw it. */
export type CallEvidence = 'services.yaml' | 'metrics' | 'traces'

interface CallAttributes {
  readonly source: CallEvidence
  /** Epoch milliseconds of the newest observation; null for what is only declared. */
  lastSeenMs: number | null
}

export interface InProcessTopologyOptions {
  readonly services: readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]
  /** Observed calls not seen again for this long are forgotten; declared ones stay. */
  readonly forgetAfterMs: number
  nowMs(): number
}

/** Ways longer than this are of no use to a person and expensive to find. */
const MOST_HOPS = 16
/** Calls kept; a scanner that invents names must not fill the memory. */
const MOST_CALLS = 50_000

/**
 * The service graph in memory: what services.yaml declares, and the calls that were observed. Built anew at every start and
 * complete again as soon as metrics are read. Throws CcpError `not-found` for services it has never heard of.
 */
export class InProcessTopology implements TopologySource {
  readonly #graph = new DirectedGraph<object, CallAttributes>({ allowSelfLoops: false })
  readonly #options: InProcessTopologyOptions

  constructor(options: InProcessTopologyOptions) {
    this.#options = options
    for (const { name, dependsOn } of options.services) {
      this.#graph.mergeNode(name)
      for (const callee of dependsOn) this.#declare(name, callee)
    }
  }

  async topology(): Promise<Topology> {
    this.#forget()
    const edges = this.#graph.mapEdges((_, __, caller, callee) => [caller, callee] as const)
    return { nodes: this.#graph.nodes().sort(), edges: edges.sort(byNames) }
  }

  /** Records that `caller` was seen to call `callee`; the newest time wins, whatever the order of arrival. */
  observe(
    caller: string,
    callee: string,
    source: Exclude<CallEvidence, 'services.yaml'>,
    atMs: number,
  ): void {
    if (caller === callee || caller === '' || callee === '') return
    if (this.#graph.hasDirectedEdge(caller, callee)) {
      const seenMs = this.#graph.getDirectedEdgeAttribute(caller, callee, 'lastSeenMs')
      this.#graph.setDirectedEdgeAttribute(caller, callee, 'lastSeenMs', Math.max(seenMs ?? atMs, atMs))
      return
    }
    if (this.#graph.size >= MOST_CALLS) return
    this.#graph.mergeNode(caller)
    this.#graph.mergeNode(callee)
    this.#graph.addDirectedEdge(caller, callee, { source, lastSeenMs: atMs })
  }

  /** Every call with who says so, for people to see. */
  calls(): readonly {
    readonly caller: string
    readonly callee: string
    readonly source: CallEvidence
    readonly lastSeenMs: number | null
  }[] {
    this.#forget()
    return this.#graph
      .mapEdges((_, { source, lastSeenMs }, caller, callee) => ({ caller, callee, source, lastSeenMs }))
      .sort((a, b) => byNames([a.caller, a.callee], [b.caller, b.callee]))
  }

  /** Services that reach `service` over calls, the direct callers first; at most `hops` calls away. */
  async dependentsOf(service: string, hops = MOST_HOPS): Promise<readonly string[]> {
    return this.#reach(service, hops, (name) => this.#graph.inNeighbors(name))
  }

  /** Services that `service` reaches over calls, the direct callees first; at most `hops` calls away. */
  async dependenciesOf(service: string, hops = MOST_HOPS): Promise<readonly string[]> {
    return this.#reach(service, hops, (name) => this.#graph.outNeighbors(name))
  }

  #declare(caller: string, callee: string): void {
    this.#graph.mergeNode(callee)
    if (caller !== callee)
      this.#graph.mergeDirectedEdge(caller, callee, { source: 'services.yaml', lastSeenMs: null })
  }

  #reach(service: string, hops: number, next: (name: string) => string[]): readonly string[] {
    if (!this.#graph.hasNode(service))
      throw new CcpError('not-found', `the service graph knows no service "${service}"`, {
        mend: 'name it in config/services.yaml',
      })
    this.#forget()
    const found = new Set<string>([service])
    let ring = [service]
    for (let hop = 0; hop < Math.min(hops, MOST_HOPS) && ring.length > 0; hop += 1) {
      ring = ring.flatMap((name) => next(name).sort()).filter((name) => !found.has(name))
      for (const name of ring) found.add(name)
    }
    found.delete(service)
    return [...found]
  }

  #forget(): void {
    const before = this.#options.nowMs() - this.#options.forgetAfterMs
    const isOld = ({ source, lastSeenMs }: CallAttributes): boolean =>
      source !== 'services.yaml' && (lastSeenMs ?? 0) < before
    for (const edge of this.#graph.filterEdges((_, attributes) => isOld(attributes)))
      this.#graph.dropEdge(edge)
  }
}

function byNames(a: readonly [string, string], b: readonly [string, string]): number {
  const left = a.join('\n')
  const right = b.join('\n')
  return left < right ? -1 : left > right ? 1 : 0
}
