import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'

const routesSchema = z.object({
  generation: z.int(),
  backends: z.array(z.object({ version: z.string(), url: z.string(), weight: z.number() })),
})

export type Routes = Readonly<z.infer<typeof routesSchema>>
export type Backend = Readonly<Routes['backends'][number]>

const TIMEOUT_MS = 5_000
const TRIES = 4

/** The admin API of the traffic router. */
export class RouterClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url.replace(/\/$/, '')
  }

  /** Where a service's traffic goes. Throws `not-found` for a service that the router does not know. */
  async routesOf(service: string): Promise<Routes> {
    const { status, body } = await this.#call(`/routes/${encodeURIComponent(service)}`)
    if (status === 404) throw this.#unknown(service)
    if (status !== 200) throw this.#refused(service, status, body)
    return this.#parse(body)
  }

  /**
   * Replaces the backends by what `change` makes of the present ones, again from the newest state where somebody else
   * was faster, and reads back that the router has it.
   */
  async update(
    service: string,
    change: (backends: readonly Backend[]) => readonly Backend[],
  ): Promise<readonly Backend[]> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const current = await this.routesOf(service)
      const wanted = change(current.backends)
      if (isSame(current.backends, wanted)) return wanted
      const { status, body } = await this.#call(`/routes/${encodeURIComponent(service)}`, {
        backends: wanted,
        ifGeneration: current.generation,
      })
      if (status === 409) continue
      if (status !== 200) throw this.#refused(service, status, body)
      const applied = await this.routesOf(service)
      if (isSame(applied.backends, wanted)) return wanted
    }
    throw new CcpError('conflict', `the routes of ${service} are being changed by somebody else`, {
      retryable: true,
      mend: 'make sure that only one program sets them',
    })
  }

  async #call(path: string, put?: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: put === undefined ? 'GET' : 'PUT',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(put === undefined
          ? {}
          : { body: JSON.stringify(put), headers: { 'content-type': 'application/json' } }),
      })
      return { status: response.status, body: await response.json() }
    } catch (cause) {
      throw new CcpError('unavailable', `the router at ${this.#url} does not answer`, {
        mend: 'start it, or correct its address',
        cause,
      })
    }
  }

  #parse(body: unknown): Routes {
    const parsed = routesSchema.safeParse(body)
    if (parsed.success) return parsed.data
    throw new CcpError('corrupt', `the router at ${this.#url} answered with something that is no route`)
  }

  #unknown(service: string): CcpError {
    return new CcpError('not-found', `the router at ${this.#url} knows no service ${service}`, {
      mend: "add it to the router's configuration",
    })
  }

  #refused(service: string, status: number, body: unknown): CcpError {
    const why = (body as { error?: unknown } | null)?.error ?? 'no reason given'
    return new CcpError(
      status >= 500 ? 'unavailable' : 'bad-input',
      `the router refused the routes of ${service} (${status}): ${String(why)}`,
    )
  }
}

function isSame(a: readonly Backend[], b: readonly Backend[]): boolean {
  const sorted = (backends: readonly Backend[]) =>
    backends
      .map(({ version, url, weight }) => ({ version, url, weight }))
      .toSorted((left, right) => left.version.localeCompare(right.version))
  return isDeepStrictEqual(sorted(a), sorted(b))
}
