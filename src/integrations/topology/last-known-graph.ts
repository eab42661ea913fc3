import { CcpError, toCcpError } from '../../pipeline/errors.ts'
import type { Bounds, KnownTopology, ServiceGraph } from '../../pipeline/rca/ports.ts'
import { observationsOf, type KnownCall, type SeenCall } from '../../pipeline/signals/service-graph.ts'

export interface LastKnownGraphOptions {
  /** Kept elsewhere; may be down. */
  readonly kept: ServiceGraph
  /** In this process, with the same services; never down. */
  readonly known: ServiceGraph
  /** A diagnosis waits no longer than this for the graph. */
  readonly answerWithinMs: number
  /** How often all that is kept is read over into this process. */
  readonly readOverEveryMs: number
  /** Told when it goes down (the fault) and when it is there again (null); once each. */
  onChange(fault: CcpError | null): void
  nowMs(): number
}

/**
 * A graph that is kept elsewhere, with its last known state in this process: while the other is down this one answers, with what
 * was seen since, and `topology` says so. Nothing is lost while it is down: what calls will be seen again.
 */
export class LastKnownGraph implements ServiceGraph {
  readonly #options: LastKnownGraphOptions
  #fault: CcpError | null = null
  #lastReadMs: number | null = null
  #readOverMs: number | null = null

  constructor(options: LastKnownGraphOptions) {
    this.#options = options
  }

  async topology(): Promise<KnownTopology> {
    const { kept, known, answerWithinMs, nowMs } = this.#options
    try {
      const topology = await withinDeadline(() => kept.topology(), answerWithinMs)
      this.#isUp()
      this.#lastReadMs = nowMs()
      return topology
    } catch (thrown) {
      return { ...(await known.topology()), outdated: this.#outdated(this.#isDown(thrown)) }
    }
  }

  /** Never rejects for a graph that is down: `onChange` is told, and the calls are in this process. */
  async observe(calls: readonly SeenCall[]): Promise<void> {
    const { kept, known } = this.#options
    await known.observe(calls)
    try {
      await kept.observe(calls)
      this.#isUp()
      await this.#readOver()
    } catch (thrown) {
      this.#isDown(thrown)
    }
  }

  calls(): Promise<readonly KnownCall[]> {
    return this.#ask((graph) => graph.calls())
  }

  dependentsOf(service: string, bounds?: Bounds): Promise<readonly string[]> {
    return this.#ask((graph) => graph.dependentsOf(service, bounds))
  }

  dependenciesOf(service: string, bounds?: Bounds): Promise<readonly string[]> {
    return this.#ask((graph) => graph.dependenciesOf(service, bounds))
  }

  waysBetween(caller: string, callee: string, bounds?: Bounds): Promise<readonly (readonly string[])[]> {
    return this.#ask((graph) => graph.waysBetween(caller, callee, bounds))
  }

  async close(): Promise<void> {
    await this.#options.kept.close()
    await this.#options.known.close()
  }

  async #ask<T>(question: (graph: ServiceGraph) => Promise<T>): Promise<T> {
    try {
      const answer = await question(this.#options.kept)
      this.#isUp()
      return answer
    } catch (thrown) {
      const error = toCcpError(thrown)
      if (error.code === 'not-found') throw error
      this.#isDown(error)
      return await question(this.#options.known)
    }
  }

  /** So that what others have written, or this bot before its restart, is known when the other goes down. */
  async #readOver(): Promise<void> {
    const { kept, known, readOverEveryMs, nowMs } = this.#options
    if (this.#readOverMs !== null && nowMs() - this.#readOverMs < readOverEveryMs) return
    await known.observe(observationsOf(await kept.calls()))
    this.#readOverMs = nowMs()
    this.#lastReadMs = nowMs()
  }

  #isUp(): void {
    if (this.#fault !== null) this.#options.onChange(null)
    this.#fault = null
  }

  #isDown(thrown: unknown): CcpError {
    const fault = toCcpError(thrown)
    if (this.#fault?.message !== fault.message) this.#options.onChange(fault)
    this.#fault = fault
    return fault
  }

  #outdated({ message }: CcpError): string {
    if (this.#lastReadMs === null)
      return `${message}; not read since the start: it holds services.yaml and what the bot has seen itself`
    const minutes = Math.floor((this.#options.nowMs() - this.#lastReadMs) / 60_000)
    const age =
      minutes === 0 ? 'less than a minute ago' : minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`
    return `${message}; read last ${age}, and what was seen since is in it`
  }
}

async function withinDeadline<T>(query: () => Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CcpError('timeout', `the graph database gave no answer within ${deadlineMs} ms`)),
      deadlineMs,
    )
  })
  try {
    return await Promise.race([query(), late])
  } finally {
    clearTimeout(timer)
  }
}
