import type { Backend } from './routing-config.ts'

/**
 * Picks backends in proportion to their weights by smooth weighted round robin (as nginx does): over any 100 picks at whole
 * weights each backend is picked exactly `weight` times, spread as evenly as possible.
 */
export class WeightedBackends {
  readonly all: readonly Backend[]
  readonly #candidates: readonly { readonly backend: Backend; credit: number }[]
  readonly #total: number

  constructor(backends: readonly Backend[]) {
    this.all = backends
    this.#candidates = backends.filter(({ weight }) => weight > 0).map((backend) => ({ backend, credit: 0 }))
    this.#total = backends.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** The backend of the next request; undefined when there is none. */
  next(): Backend | undefined {
    const [first, ...others] = this.#candidates
    if (first === undefined) return undefined
    for (const candidate of this.#candidates) candidate.credit += candidate.backend.weight
    const picked = others.reduce(
      (best, candidate) => (candidate.credit > best.credit ? candidate : best),
      first,
    )
    picked.credit -= this.#total
    return picked.backend
  }
}
