import type { Span } from '../signals/telemetry.ts'

/**
 * One stay of a request in one service: the span by which it entered and everything below it in the same service. Calls
 * that leave the service are cut out, so that `exclusiveMs` is the time the service itself took.
 */
export interface Visit {
  readonly service: string
  readonly operation: string
  /** Epoch seconds. */
  readonly t: number
  readonly exclusiveMs: number
  readonly error: boolean
  /** Operations below it in the service and the operations it entered elsewhere. */
  readonly steps: readonly string[]
}

/** The time between a caller's and a callee's own measure of one call: network and queues. */
export interface WireTime {
  readonly caller: string
  readonly callee: string
  readonly t: number
  readonly ms: number
}

export interface Visits {
  readonly visits: readonly Visit[]
  readonly wires: readonly WireTime[]
  readonly edges: readonly (readonly [string, string])[]
}

interface Call {
  readonly fromMs: number
  readonly toMs: number
}

/** Cuts traces into visits, linear in the number of spans. A span whose parent is missing begins a visit. */
export function visitsOf(spans: readonly Span[]): Visits {
  const parents = parentIndexes(spans)
  const childCounts = new Int32Array(spans.length)
  for (const parent of parents) if (parent >= 0) childCounts[parent] = (childCounts[parent] ?? 0) + 1
  const entries = entryIndexes(spans, parents)
  const calls = new Map<number, Call[]>()
  const steps = new Map<number, string[]>()
  const errors = new Set<number>()
  const wires: WireTime[] = []
  const edges = new Map<string, readonly [string, string]>()
  for (let at = 0; at < spans.length; at += 1) {
    const span = spans[at]
    const parentAt = parents[at] ?? -1
    const parent = spans[parentAt]
    if (span === undefined) continue
    if (span.error === true) errors.add(entries[at] ?? at)
    if (parent === undefined) continue
    const visit = entries[parentAt] ?? parentAt
    push(steps, visit, span.service === parent.service ? span.operation : `${span.service} ${span.operation}`)
    if (span.service === parent.service) continue
    const isClientSpan = childCounts[parentAt] === 1 && entries[parentAt] !== parentAt
    const outer = isClientSpan ? parent : span
    push(calls, visit, { fromMs: outer.t * 1000, toMs: outer.t * 1000 + outer.durationMs })
    edges.set(`${parent.service} ${span.service}`, [parent.service, span.service])
    if (isClientSpan)
      wires.push({
        caller: parent.service,
        callee: span.service,
        t: span.t,
        ms: Math.max(0, parent.durationMs - span.durationMs),
      })
  }
  const visits: Visit[] = []
  for (let at = 0; at < spans.length; at += 1) {
    const span = spans[at]
    if (span === undefined || entries[at] !== at) continue
    visits.push({
      service: span.service,
      operation: span.operation,
      t: span.t,
      exclusiveMs: Math.max(0, span.durationMs - covered(calls.get(at) ?? [], span)),
      error: errors.has(at),
      steps: steps.get(at) ?? [],
    })
  }
  return { visits, wires, edges: [...edges.values()] }
}

function push<T>(map: Map<number, T[]>, key: number, value: T): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}

function parentIndexes(spans: readonly Span[]): Int32Array {
  const bySpan = new Map<string, number>()
  for (let at = 0; at < spans.length; at += 1) bySpan.set(spans[at]?.span ?? '', at)
  const parents = new Int32Array(spans.length).fill(-1)
  for (let at = 0; at < spans.length; at += 1) {
    const span = spans[at]
    if (span === undefined || span.parent === null) continue
    const parent = bySpan.get(span.parent)
    if (parent !== undefined && parent !== at && spans[parent]?.trace === span.trace) parents[at] = parent
  }
  return parents
}

/** For each span the one by which its request entered the service; iterative, and safe where parents form a ring. */
function entryIndexes(spans: readonly Span[], parents: Int32Array): Int32Array {
  const entries = new Int32Array(spans.length).fill(-1)
  for (let start = 0; start < spans.length; start += 1) {
    const chain: number[] = []
    let at = start
    while (entries[at] === -1) {
      entries[at] = -2
      chain.push(at)
      const parent = parents[at] ?? -1
      if (parent < 0 || spans[parent]?.service !== spans[at]?.service || entries[parent] === -2) break
      at = parent
    }
    const last = chain.at(-1)
    if (last === undefined) continue
    const known = entries[at] ?? -2
    const entry = known >= 0 ? known : last
    for (const index of chain) entries[index] = entry
  }
  return entries
}

/** Milliseconds of the span during which a call was under way; overlapping calls count once. */
function covered(calls: Call[], span: Span): number {
  const start = span.t * 1000
  const end = start + span.durationMs
  calls.sort((a, b) => a.fromMs - b.fromMs)
  let total = 0
  let reached = start
  for (const call of calls) {
    const from = Math.max(reached, call.fromMs)
    const to = Math.min(end, call.toMs)
    if (to > from) {
      total += to - from
      reached = to
    }
  }
  return total
}
