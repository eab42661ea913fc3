import type { CallSource } from '../../pipeline/rca/ports.ts'
import type { Cluster } from './cluster.ts'
import { configuredCalls } from './configured-calls.ts'

export interface KubernetesCallsOptions {
  /** Names of services.yaml. */
  readonly services: readonly string[]
  nowMs(): number
}

/** The calls for which the workloads of a cluster are configured, as of now. */
export function kubernetesCalls(cluster: Cluster, { services, nowMs }: KubernetesCallsOptions): CallSource {
  const known = new Set(services)
  return { callsSeen: async () => configuredCalls(await cluster.read(), known, nowMs()) }
}
