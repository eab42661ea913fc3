import type { CcpError } from '../pipeline/errors.ts'
import type { KnownCall } from '../pipeline/signals/service-graph.ts'
import type { CallAway, GraphAround } from './graph-around.ts'

/** Where a shown graph comes from; `faults` are why it is no better one. */
export type GraphOrigin =
  | { readonly kind: 'neo4j'; readonly url: string }
  | { readonly kind: 'bot'; readonly keptAtMs: number; readonly faults: readonly CcpError[] }
  | {
      readonly kind: 'services.yaml'
      /** The bot's file. */
      readonly path: string
      readonly isUnreadable: boolean
      readonly faults: readonly CcpError[]
    }

export interface ShownGraph {
  readonly origin: GraphOrigin
  readonly services: readonly string[]
  readonly calls: readonly KnownCall[]
  /** Null: the whole graph is shown. */
  readonly around: GraphAround | null
  readonly nowMs: number
}

const WIDEST_NAMES = 60

/** The graph for a person, line by line: where it comes from, then each call with who saw it and when. */
export function graphText(shown: ShownGraph): readonly string[] {
  return [...originLines(shown), '', ...(shown.around === null ? wholeLines(shown) : aroundLines(shown))]
}

/** The same for machines; times are ISO 8601. */
export function graphJson({ origin, services, calls, around }: ShownGraph): object {
  const told = {
    source: origin.kind,
    keptAt: origin.kind === 'bot' ? iso(origin.keptAtMs) : null,
    faults:
      origin.kind === 'neo4j'
        ? []
        : origin.faults.map(({ code, message, mend }) => ({ code, message, mend })),
  }
  if (around === null) return { ...told, services, calls: calls.map(callJson) }
  const away = ({ hops, call }: CallAway): object => ({ hops, ...callJson(call) })
  return {
    ...told,
    service: around.service,
    depth: around.depth,
    callers: around.callers.map(away),
    callees: around.callees.map(away),
  }
}

function callJson({ caller, callee, by }: KnownCall): object {
  const seen = by.map(({ source, lastSeenMs }) => ({
    source,
    lastSeen: lastSeenMs === null ? null : iso(lastSeenMs),
  }))
  return { caller, callee, by: seen }
}

function originLines({ origin, nowMs }: ShownGraph): readonly string[] {
  if (origin.kind === 'neo4j') return [`from Neo4j at ${origin.url}`]
  const faults = origin.faults.map(({ message, mend }) => (mend === null ? message : `${message}; ${mend}`))
  if (origin.kind === 'bot')
    return [...faults, `as the bot kept it ${ago(origin.keptAtMs, nowMs)}, at ${iso(origin.keptAtMs)}`]
  const why = origin.isUnreadable
    ? 'what the bot kept cannot be read'
    : `the bot has not kept what it saw in ${origin.path}`
  return [...faults, `as services.yaml declares it, for ${why}`]
}

function wholeLines({ services, calls, nowMs }: ShownGraph): readonly string[] {
  if (calls.length === 0)
    return [
      services.length === 0
        ? 'no service is known: list yours in services.yaml'
        : `${counted(services.length, 'service')} and no calls: ${services.join(', ')}`,
      'Declare calls as `dependsOn` in services.yaml, or start the bot, which sees them in metrics, traces and Kubernetes.',
    ]
  const inCalls = new Set(calls.flatMap(({ caller, callee }) => [caller, callee]))
  const alone = services.filter((name) => !inCalls.has(name))
  return [
    `${counted(services.length, 'service')}, ${counted(calls.length, 'call')}`,
    ...callLines(calls, nowMs).map((line) => `  ${line}`),
    ...(alone.length === 0 ? [] : [`  without any call: ${alone.join(', ')}`]),
  ]
}

function aroundLines({ around, nowMs }: ShownGraph): readonly string[] {
  if (around === null) return []
  const { service, depth, callers, callees } = around
  const list = (words: string, none: string, away: readonly CallAway[]): readonly string[] => {
    if (away.length === 0) return [none]
    const lines = callLines(
      away.map(({ call }) => call),
      nowMs,
    )
    const width = String(away.at(-1)?.hops).length
    return [`${words}:`, ...away.map(({ hops }, at) => `  ${String(hops).padStart(width)}  ${lines[at]}`)]
  }
  const upTo = depth === 1 ? 'one call away' : `up to ${depth} calls away`
  return [
    ...list(`${service} is called by, ${upTo}`, `${service} is called by nobody that is known`, callers),
    '',
    ...list(`${service} calls, ${upTo}`, `${service} calls nobody that is known`, callees),
  ]
}

function callLines(calls: readonly KnownCall[], nowMs: number): readonly string[] {
  const names = calls.map(({ caller, callee }) => `${caller} -> ${callee}`)
  const width = Math.min(
    WIDEST_NAMES,
    names.reduce((most, { length }) => Math.max(most, length), 0),
  )
  return calls.map(({ by }, at) => `${(names[at] ?? '').padEnd(width)}  ${evidence(by, nowMs)}`)
}

function evidence(by: KnownCall['by'], nowMs: number): string {
  return by
    .map(({ source, lastSeenMs }) => (lastSeenMs === null ? source : `${source} ${ago(lastSeenMs, nowMs)}`))
    .join(', ')
}

const UNITS = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
] as const

function ago(atMs: number, nowMs: number): string {
  const passedMs = nowMs - atMs
  const unit = UNITS.find(({ ms }) => passedMs >= ms)
  return unit === undefined ? 'just now' : `${counted(Math.floor(passedMs / unit.ms), unit.name)} ago`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
