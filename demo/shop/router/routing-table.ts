import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { readState, type Backend, type RouterConfig } from './routing-config.ts'
import { WeightedBackends } from './weighted-backends.ts'

/** Where the traffic of one service goes; `generation` rises by one with every change. */
export interface Routes {
  readonly generation: number
  readonly backends: readonly Backend[]
}

export type ReplaceOutcome =
  | { readonly kind: 'applied'; readonly routes: Routes }
  | { readonly kind: 'unknown-service' }
  | { readonly kind: 'stale'; readonly routes: Routes }

interface Route {
  readonly generation: number
  readonly backends: WeightedBackends
}

/** The routes of all services, kept in the state file if there is one. */
export class RoutingTable {
  readonly #routes = new Map<string, Route>()
  readonly #stateFile: string | undefined

  /** Starts from the state file where it has the service, else from the configuration. */
  constructor(config: Pick<RouterConfig, 'services' | 'stateFile'>) {
    this.#stateFile = config.stateFile
    const kept =
      this.#stateFile !== undefined && existsSync(this.#stateFile) ? readState(this.#stateFile) : undefined
    for (const [service, { backends }] of Object.entries(config.services)) {
      const { generation, backends: current } = kept?.services[service] ?? {
        generation: 0,
        backends: backends ?? [],
      }
      this.#routes.set(service, { generation, backends: new WeightedBackends(current) })
    }
  }

  next(service: string): Backend | undefined {
    return this.#routes.get(service)?.backends.next()
  }

  routesOf(service: string): Routes | undefined {
    const route = this.#routes.get(service)
    return route && { generation: route.generation, backends: route.backends.all }
  }

  all(): Readonly<Record<string, Routes>> {
    return Object.fromEntries(
      [...this.#routes.keys()].map((service) => [service, this.routesOf(service) as Routes]),
    )
  }

  /**
   * Replaces all backends of a service at once. Asking for what already stands changes nothing and succeeds whatever
   * `ifGeneration` says, so that a change whose answer was lost can be sent again (RFC 9110, 13.1.1).
   */
  replace(service: string, backends: readonly Backend[], ifGeneration?: number): ReplaceOutcome {
    const current = this.routesOf(service)
    if (current === undefined) return { kind: 'unknown-service' }
    if (isSame(current.backends, backends)) return { kind: 'applied', routes: current }
    if (ifGeneration !== undefined && ifGeneration !== current.generation)
      return { kind: 'stale', routes: current }
    const routes = { generation: current.generation + 1, backends }
    // On disk first: a router that dies in between resumes with what its caller wanted, never with less.
    this.#keep({ ...this.all(), [service]: routes })
    this.#routes.set(service, { generation: routes.generation, backends: new WeightedBackends(backends) })
    return { kind: 'applied', routes }
  }

  #keep(services: Readonly<Record<string, Routes>>): void {
    if (this.#stateFile === undefined) return
    const routed = Object.entries(services).filter(([, { backends }]) => backends.length > 0)
    writeFileSync(`${this.#stateFile}.new`, JSON.stringify({ services: Object.fromEntries(routed) }, null, 2))
    renameSync(`${this.#stateFile}.new`, this.#stateFile)
  }
}

function isSame(left: readonly Backend[], right: readonly Backend[]): boolean {
  const keyOf = ({ version, url, weight }: Backend) => JSON.stringify([version, url, weight])
  const keys = new Set(left.map(keyOf))
  return left.length === right.length && right.every((backend) => keys.has(keyOf(backend)))
}
