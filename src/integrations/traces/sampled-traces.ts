import { CcpError } from '../../pipeline/errors.ts'
import type { SpanSource, Window } from '../../pipeline/rca/ports.ts'
import { StoreNames } from '../../pipeline/signals/collected-lines.ts'
import type { Span } from '../../pipeline/signals/telemetry.ts'
import { traceQueries, type TraceQuery } from './trace-queries.ts'
import { withinTime } from './within-time.ts'

/** One trace of an answer, its spans with the server's names of the services; null: it has to be read by its id. */
export interface FoundTrace {
  /** In lower case, without zeros in front: servers do not agree on them. */
  readonly id: string
  readonly spans: readonly Span[] | null
}

/** All spans of a trace, or why there are not all. */
export type ReadTrace = { readonly spans: readonly Span[] } | { readonly lack: string }

/** What keeps traces. Both throw CcpError `unavailable`. */
export interface TraceStore {
  /** "Jaeger at http://jaeger:16686", for messages. */
  readonly what: string
  find(query: TraceQuery, signal: AbortSignal): Promise<readonly FoundTrace[]>
  /** Null: what it finds is whole. */
  readonly read: ((id: string, signal: AbortSignal) => Promise<ReadTrace>) | null
}

export interface SampleOptions {
  /** The store's names of a service, where they are others. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Traces asked for, of all services together. */
  readonly mostTraces: number
  /** Requests at a time. */
  readonly parallel: number
  /** For all that is asked. */
  readonly deadlineMs: number
}

type Lack = (text: string) => void

/**
 * Spans of a server that keeps traces: a sample of whole traces, spread over the window and the services. What came within the
 * deadline is a smaller sample and no wrong one; `lack` is told so. Throws CcpError `timeout` where nothing came, and
 * `unavailable` with the first fault: a service that cannot be asked about would look as if nobody called it.
 */
export class SampledTraces implements SpanSource {
  readonly #store: TraceStore
  readonly #options: SampleOptions
  readonly #names: StoreNames

  constructor(store: TraceStore, options: SampleOptions) {
    this.#store = store
    this.#options = options
    this.#names = new StoreNames(options.names)
  }

  async spansBetween(
    { services, fromMs, toMs, limit }: Window & { readonly limit: number },
    lack: Lack = () => undefined,
  ): Promise<readonly Span[]> {
    if (limit < 1) return []
    const queries = traceQueries(this.#names.of(services), { fromMs, toMs }, this.#options.mostTraces)
    const endsMs = performance.now() + this.#options.deadlineMs
    const found = await this.#find(queries, lack)
    const leftMs = endsMs - performance.now()
    const traces = this.#store.read === null ? wholeTraces(found) : await this.#read(found, leftMs, lack)
    return withinLimit(traces, limit)
      .flat()
      .map((span) => ({ ...span, service: this.#names.ours(span.service, services) ?? span.service }))
      .sort((a, b) => a.t - b.t)
  }

  async #find(queries: readonly TraceQuery[], lack: Lack): Promise<readonly FoundTrace[]> {
    const { parallel, deadlineMs } = this.#options
    const findMs = this.#store.read === null ? deadlineMs : deadlineMs / 2 // the rest is for reading what was found
    const { answers, came } = await withinTime(queries, { parallel, deadlineMs: findMs }, (query, signal) =>
      this.#store.find(query, signal),
    )
    if (came < queries.length) this.#late(came, `${came} of ${queries.length} searches in ${findMs} ms`, lack)
    return interleaved(answers.map((answer) => answer ?? []))
  }

  async #read(
    found: readonly FoundTrace[],
    leftMs: number,
    lack: Lack,
  ): Promise<readonly (readonly Span[])[]> {
    const { parallel, deadlineMs, mostTraces } = this.#options
    const ids = [...new Set(found.map(({ id }) => id))].slice(0, mostTraces)
    const { answers, came } = await withinTime(
      ids,
      { parallel, deadlineMs: leftMs },
      async (id, signal): Promise<ReadTrace> =>
        (await this.#store.read?.(id, signal)) ?? { lack: 'it is not there' },
    )
    if (came < ids.length) this.#late(came, `${came} of ${ids.length} traces in ${deadlineMs} ms`, lack)
    const read = answers.filter((answer) => answer !== undefined)
    const whole = read.flatMap((answer) => ('spans' in answer ? [answer.spans] : []))
    const cut = read.flatMap((answer) => ('lack' in answer ? [answer.lack] : []))
    if (cut.length === 0) return whole
    const words = `${cut.length} of ${came} traces are left out: ${cut[0]}`
    if (whole.length === 0) throw new CcpError('unavailable', `${this.#store.what}: ${words}`)
    lack(`sample of traces: ${this.#store.what}: ${words}`)
    return whole
  }

  #late(came: number, words: string, lack: Lack): void {
    const text = `${this.#store.what} answered only ${words}`
    if (came > 0) return lack(`sample of traces: ${text}; fewer requests are compared`)
    throw new CcpError('timeout', `${this.#store.what} did not answer in ${this.#options.deadlineMs} ms`, {
      mend: 'raise `deadline` in traces.yaml, and `gather.deadline` in rca.yaml with it',
    })
  }
}

/** The first of each list, then the second of each: a part of it from the front is a sample of them all. */
function interleaved<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat()
}

/** One that was found through several services is one: it may have grown between the answers. */
function wholeTraces(found: readonly FoundTrace[]): readonly (readonly Span[])[] {
  const traces = new Map<string, Map<string, Span>>()
  for (const { id, spans } of found) {
    const known = traces.get(id) ?? new Map<string, Span>()
    for (const span of spans ?? []) known.set(span.span, span)
    traces.set(id, known)
  }
  return [...traces.values()].map((spans) => [...spans.values()])
}

/** Whole traces only: of one that is cut, the parts that are missing would count as time of those that are there. */
function withinLimit(traces: readonly (readonly Span[])[], limit: number): readonly (readonly Span[])[] {
  let room = limit
  return traces.filter(({ length }) => {
    if (length > room) return false
    room -= length
    return true
  })
}
