/** What can see one service call another, apart from the configuration. */
export const CALL_OBSERVERS = ['metrics', 'traces', 'service-graph', 'kubernetes'] as const

/**
 * `metrics`: a service's own counter of its calls. `traces`: a span whose parent is another service's. `service-graph`: metrics of
 * calls that a mesh or a collector counts. `kubernetes`: a workload is configured with the other's address; it may call it.
 */
export type CallObserver = (typeof CALL_OBSERVERS)[number]

/** Who says that one service calls another. */
export type CallEvidence = 'services.yaml' | CallObserver

/** One observation. */
export interface SeenCall {
  readonly caller: string
  readonly callee: string
  readonly source: CallObserver
  /** Epoch milliseconds. */
  readonly atMs: number
}

/** An edge of the graph with all who vouch for it. */
export interface KnownCall {
  readonly caller: string
  readonly callee: string
  /** By source; `lastSeenMs` is null for what is only declared. */
  readonly by: readonly { readonly source: CallEvidence; readonly lastSeenMs: number | null }[]
}

/** The observations behind calls, without what is only declared. */
export function observationsOf(calls: readonly KnownCall[]): readonly SeenCall[] {
  return calls.flatMap(({ caller, callee, by }) =>
    by.flatMap(({ source, lastSeenMs }) =>
      source === 'services.yaml' || lastSeenMs === null ? [] : [{ caller, callee, source, atMs: lastSeenMs }],
    ),
  )
}

/** Ways longer than this are of no use to a person and expensive to find. */
export const MOST_HOPS = 16
/** Edges kept; a scanner that invents names must not fill the graph. */
export const MOST_CALLS = 50_000

/** Names in one order everywhere, whatever the graph is kept in. */
export function byNames(a: readonly string[], b: readonly string[]): number {
  const left = a.join('\n')
  const right = b.join('\n')
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * One entry for each caller, callee and source, with its newest time, in the order of names. What has no name, and what calls
 * itself, is left out.
 */
export function distinctCalls(calls: readonly SeenCall[]): readonly SeenCall[] {
  const newest = new Map<string, SeenCall>()
  for (const call of calls) {
    const { caller, callee, source, atMs } = call
    if (caller === callee || caller === '' || callee === '') continue
    const key = `${caller}\n${callee}\n${source}`
    if ((newest.get(key)?.atMs ?? -Infinity) < atMs) newest.set(key, call)
  }
  return [...newest.values()].sort((a, b) =>
    byNames([a.caller, a.callee, a.source], [b.caller, b.callee, b.source]),
  )
}
