import { toCcpError, type CcpError } from '../pipeline/errors.ts'
import type { CallSource, ServiceGraph, SpanSource } from '../pipeline/rca/ports.ts'
import { callsOfSpans } from '../pipeline/signals/span-calls.ts'

export interface GraphFeedDeps {
  readonly graph: Pick<ServiceGraph, 'observe'>
  readonly sources: readonly CallSource[]
  readonly everyMs: number
  /** Told of a source that cannot be asked: once, until it answers again or says something else. */
  report(error: CcpError): void
  /** Called when all sources that were asked have answered. */
  afterRound?(): Promise<void>
}

export interface GraphFeed {
  /** Asks every source once; one that is still busy with the time before is left alone. */
  round(): Promise<void>
  start(): void
  stop(): void
}

/** Brings what the sources see into the graph. Each by itself: one that is slow or down keeps no other waiting. */
export function feedGraph({ graph, sources, everyMs, report, afterRound }: GraphFeedDeps): GraphFeed {
  let timer: NodeJS.Timeout | null = null
  let isStopped = false
  const busy = new Set<CallSource>()
  const faults = new Map<CallSource, string>()

  async function take(source: CallSource): Promise<void> {
    if (busy.has(source)) return
    busy.add(source)
    try {
      const calls = await source.callsSeen()
      if (!isStopped) await graph.observe(calls)
      faults.delete(source)
    } catch (thrown) {
      const fault = toCcpError(thrown)
      if (faults.get(source) !== fault.message) report(fault)
      faults.set(source, fault.message)
    } finally {
      busy.delete(source)
    }
  }

  async function round(): Promise<void> {
    await Promise.all(sources.map(take))
    if (!isStopped) await afterRound?.()
  }

  return {
    round,
    start() {
      void round()
      timer = setInterval(() => void round(), everyMs)
    },
    stop() {
      isStopped = true
      if (timer !== null) clearInterval(timer)
    },
  }
}

/** The calls in the newest spans. */
export function spanCalls(
  spans: SpanSource,
  options: {
    readonly services: readonly string[]
    readonly lookBackMs: number
    readonly limit: number
    nowMs(): number
  },
): CallSource {
  return {
    async callsSeen() {
      const toMs = options.nowMs()
      const { services, lookBackMs, limit } = options
      return callsOfSpans(await spans.spansBetween({ services, fromMs: toMs - lookBackMs, toMs, limit }))
    },
  }
}
