import { distinctCalls, type SeenCall } from './service-graph.ts'
import type { Span } from './telemetry.ts'

/** The calls that spans show: a span whose parent is another service's. The newest span of a pair gives the time. */
export function callsOfSpans(spans: readonly Span[]): readonly SeenCall[] {
  const serviceOf = new Map(spans.map(({ trace, span, service }) => [`${trace}\n${span}`, service]))
  return distinctCalls(
    spans.flatMap(({ trace, parent, service, t }) => {
      const caller = parent === null ? undefined : serviceOf.get(`${trace}\n${parent}`)
      return caller === undefined
        ? []
        : [{ caller, callee: service, source: 'traces', atMs: Math.round(t * 1000) }]
    }),
  )
}
