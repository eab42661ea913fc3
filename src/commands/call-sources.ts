import type { Config } from '../config/load.ts'
import { kubernetesCalls } from '../integrations/kubernetes/kubernetes-calls.ts'
import { kubernetesCluster } from '../integrations/kubernetes/kubernetes-cluster.ts'
import { serviceGraphCalls } from '../integrations/prometheus/service-graph-calls.ts'
import type { CallSource, SpanSource } from '../pipeline/rca/ports.ts'
import { spanCalls } from './graph-feed.ts'

/** Five of the usual scrapes, so that a counter is seen to grow. */
const COUNTED_OVER_MS = 300_000
const PROMETHEUS_TIMEOUT_MS = 10_000
const KUBERNETES_TIMEOUT_MS = 20_000
/** Twice the round of the feed: spans reach their store late, and the next round sees them. */
const SPANS_OVER_MS = 120_000
const SPANS_AT_MOST = 5_000

/** All that is configured and can tell who calls whom, beside the services' own counters, which the watch reads. */
export function callSources(
  { environment, services }: Config,
  spans: SpanSource | null,
): readonly CallSource[] {
  const names = services.map(({ name }) => name)
  const nowMs = Date.now
  const sources: CallSource[] = []
  if (environment.PROMETHEUS_URL !== null) {
    const server = { url: environment.PROMETHEUS_URL, timeoutMs: PROMETHEUS_TIMEOUT_MS }
    sources.push(serviceGraphCalls({ ...server, services: names, windowMs: COUNTED_OVER_MS, nowMs }))
  }
  if (spans !== null)
    sources.push(
      spanCalls(spans, { services: names, lookBackMs: SPANS_OVER_MS, limit: SPANS_AT_MOST, nowMs }),
    )
  if (environment.KUBERNETES_CONFIG !== null) {
    const cluster = kubernetesCluster({
      config: environment.KUBERNETES_CONFIG,
      context: environment.KUBERNETES_CONTEXT,
      namespaces: environment.KUBERNETES_NAMESPACES,
      timeoutMs: KUBERNETES_TIMEOUT_MS,
    })
    sources.push(kubernetesCalls(cluster, { services: names, nowMs }))
  }
  return sources
}
