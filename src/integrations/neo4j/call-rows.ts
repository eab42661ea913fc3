import neo4j, { type Integer } from 'neo4j-driver'
import { CALL_OBSERVERS, type KnownCall, type SeenCall } from '../../pipeline/signals/service-graph.ts'
import { SEEN_KEYS } from './queries.ts'

/** One call as the statements take it: the newest time of each observer under its key, and the newest of all. */
export type CallRow = { readonly caller: string; readonly callee: string } & Readonly<
  Record<string, string | Integer>
>

/** One call as it comes back. */
export type StoredCall = {
  readonly caller: string
  readonly callee: string
  readonly declared: boolean | null
} & Readonly<Record<string, string | boolean | number | null>>

/** Observations of the same call, put together. In the order of names, so that locks are always taken in the same order. */
export function callRows(calls: readonly SeenCall[]): readonly CallRow[] {
  const byCall = Map.groupBy(calls, ({ caller, callee }) => `${caller}\n${callee}`)
  return [...byCall.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const { caller, callee } = first
    const seen = same.map(({ source, atMs }) => [SEEN_KEYS[source], wholeMs(atMs)] as const)
    const lastSeenMs = wholeMs(Math.max(...same.map(({ atMs }) => atMs)))
    return [{ ...Object.fromEntries(seen), caller, callee, lastSeenMs }]
  })
}

/** Without what was seen too long ago. */
export function knownCall(row: StoredCall, oldestMs: number): KnownCall {
  const declared = row.declared === true ? [{ source: 'services.yaml', lastSeenMs: null } as const] : []
  const observed = CALL_OBSERVERS.flatMap((source) => {
    const lastSeenMs = row[SEEN_KEYS[source]]
    return typeof lastSeenMs === 'number' && lastSeenMs >= oldestMs ? [{ source, lastSeenMs }] : []
  })
  return { caller: row.caller, callee: row.callee, by: [...declared, ...observed] }
}

function wholeMs(ms: number): Integer {
  return neo4j.int(Math.round(ms))
}
