import type { CallSource } from '../../pipeline/rca/ports.ts'
import { distinctCalls, type SeenCall } from '../../pipeline/signals/service-graph.ts'
import { askForVector, type PrometheusOptions, type Vector } from './prometheus-http.ts'

export interface ServiceGraphCallsOptions extends PrometheusOptions {
  /** Names of services.yaml: where several labels name a service, the one of these is taken. */
  readonly services: readonly string[]
  /** Calls of this long before now; several scrapes must lie in it. */
  readonly windowMs: number
  nowMs(): number
}

/** Which labels name the two ends, best first. */
interface Counter {
  readonly metric: string
  readonly caller: readonly string[]
  readonly callee: readonly string[]
  /** Tells what the end is, beside its name. */
  readonly kind?: string
}

const ISTIO = {
  caller: ['source_canonical_service', 'source_app', 'source_workload'],
  callee: [
    'destination_canonical_service',
    'destination_app',
    'destination_service_name',
    'destination_workload',
  ],
}

/**
 * Counters of calls by caller and callee: the OpenTelemetry collector's service graph connector (and Grafana Tempo's), and Istio's
 * standard metrics. The names of metrics and labels are those of their documentation.
 */
const COUNTERS: readonly Counter[] = [
  {
    metric: 'traces_service_graph_request_total',
    caller: ['client'],
    callee: ['server'],
    kind: 'connection_type',
  },
  { metric: 'istio_requests_total', ...ISTIO },
  { metric: 'istio_tcp_connections_opened_total', ...ISTIO },
]

/** What stands for an end that the mesh or the collector does not know. */
const NOBODY: ReadonlySet<string> = new Set([
  '',
  'unknown',
  'PassthroughCluster',
  'InboundPassthroughCluster',
  'BlackHoleCluster',
])

/** The calls that a mesh or a collector counted. A counter that nobody exports shows none. */
export function serviceGraphCalls(options: ServiceGraphCallsOptions): CallSource {
  const known = new Set(options.services)
  return {
    async callsSeen() {
      const atMs = options.nowMs()
      const time = (atMs / 1000).toFixed(3)
      const answers = await Promise.all(
        COUNTERS.map(async (counter) => {
          const vector = await askForVector(options, { query: queryOf(counter, options.windowMs), time })
          return callsOf(counter, vector, known, atMs)
        }),
      )
      return distinctCalls(answers.flat())
    },
  }
}

/** Only what grew: a series stays for as long as its process lives, though the call is no longer made. */
function queryOf({ metric, caller, callee, kind }: Counter, windowMs: number): string {
  const labels = [...caller, ...callee, ...(kind === undefined ? [] : [kind])].join(', ')
  return `sum by (${labels}) (increase(${metric}[${Math.ceil(windowMs / 1000)}s])) > 0`
}

function callsOf(
  counter: Counter,
  vector: Vector,
  known: ReadonlySet<string>,
  atMs: number,
): readonly SeenCall[] {
  return vector.flatMap(({ metric }) => {
    const caller = nameOf(counter.caller, metric, known)
    const callee = nameOf(counter.callee, metric, known)
    if (caller === null || callee === null || isOutside(counter, metric, caller)) return []
    return [{ caller, callee, source: 'service-graph', atMs }]
  })
}

function nameOf(
  labels: readonly string[],
  metric: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
): string | null {
  const names = labels.map((label) => metric[label] ?? '').filter((name) => !NOBODY.has(name))
  return names.find((name) => known.has(name)) ?? names[0] ?? null
}

/** The connector invents the client "user" for requests that come from outside. */
function isOutside({ kind }: Counter, metric: Readonly<Record<string, string>>, caller: string): boolean {
  return kind !== undefined && metric[kind] === 'virtual_node' && caller === 'user'
}
