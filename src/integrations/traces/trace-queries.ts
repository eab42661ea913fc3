export interface TraceQuery {
  /** As the server calls it. */
  readonly service: string
  readonly fromMs: number
  readonly toMs: number
  /** Traces. */
  readonly limit: number
}

const SHORTEST_SLICE_MS = 60_000
const MOST_SLICES = 10
/** Slices are as many as keep the queries to about this number, and two at least. */
const USUAL_QUERIES = 60
/** Fewer traces than this say little about a service. */
const LEAST_TRACES = 10

/**
 * The questions that make up a sample of a window: for every service in every slice of time. A server gives the newest traces that
 * it has, of which a busy system makes a limit full within seconds; without slices there would be none of the time before
 * the incident to compare with. In the order of importance, should there be no time for all: slices from both ends
 * inwards, and the services turned a little further every second, so that it is not always the same ones that are left out.
 */
export function traceQueries(
  names: readonly string[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  mostTraces: number,
): readonly TraceQuery[] {
  if (names.length === 0 || toMs <= fromMs) return []
  const wanted = Math.min(MOST_SLICES, Math.max(2, Math.floor(USUAL_QUERIES / names.length)))
  const count = Math.max(1, Math.min(wanted, Math.ceil((toMs - fromMs) / SHORTEST_SLICE_MS)))
  const edge = (at: number): number => Math.round(fromMs + ((toMs - fromMs) * at) / count)
  const limit = Math.max(LEAST_TRACES, Math.ceil(mostTraces / (count * names.length)))
  const turn = Math.floor(toMs / 1000) % names.length
  const turned = [...names.slice(turn), ...names.slice(0, turn)]
  return fromBothEnds(count).flatMap((at) =>
    turned.map((service) => ({ service, fromMs: edge(at), toMs: edge(at + 1), limit })),
  )
}

/** 4 -> 3, 0, 2, 1: the newest first. */
function fromBothEnds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? count - 1 - i / 2 : (i - 1) / 2))
}
