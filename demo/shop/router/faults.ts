import { z } from 'zod'

/** Body of `PUT /faults/:service`. */
export const faultSchema = z.strictObject({
  /** Share of the requests that get no further than the router. */
  share: z.number().min(0).max(1),
  status: z.union([z.literal(502), z.literal(503), z.literal(504)]).default(503),
})

export type Fault = Readonly<z.infer<typeof faultSchema>>

/**
 * A bad network between the router and a service: the router answers a share of the requests itself, as proxies do when they
 * cannot reach what is behind them, and the service never hears of these.
 */
export class Faults {
  readonly #faults = new Map<string, { readonly fault: Fault; seen: number }>()

  set(service: string, fault: Fault): void {
    this.#faults.set(service, { fault, seen: 0 })
  }

  /** The status with which the next request is turned away; undefined where it goes through. Evenly spread. */
  next(service: string): number | undefined {
    const known = this.#faults.get(service)
    if (known === undefined) return undefined
    const { share, status } = known.fault
    const turn = known.seen++
    return Math.floor((turn + 1) * share) > Math.floor(turn * share) ? status : undefined
  }
}
