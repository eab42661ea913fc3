/** What is read of a cluster, in the few words that the graph needs; secrets are never read. */
export interface ClusterObjects {
  readonly services: readonly KubernetesService[]
  readonly workloads: readonly Workload[]
  readonly configMaps: readonly ConfigMap[]
}

export interface KubernetesService {
  readonly namespace: string
  readonly name: string
  /** Labels of the pods behind it; empty where none are selected. */
  readonly selector: Readonly<Record<string, string>>
}

/** A Deployment, StatefulSet or DaemonSet, with the containers of its pod template taken together. */
export interface Workload {
  readonly namespace: string
  readonly name: string
  /** Of the pods. */
  readonly labels: Readonly<Record<string, string>>
  readonly environment: readonly EnvironmentEntry[]
  /** Config maps whose every key becomes a variable, and those that are mounted as files. */
  readonly wholeConfigMaps: readonly string[]
  readonly commandLine: readonly string[]
}

export type EnvironmentEntry =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | { readonly kind: 'configMap'; readonly name: string; readonly configMap: string; readonly key: string }

export interface ConfigMap {
  readonly namespace: string
  readonly name: string
  readonly data: Readonly<Record<string, string>>
}

/** Read-only. Throws CcpError `unavailable`, `timeout` or `unauthorised`. */
export interface Cluster {
  read(): Promise<ClusterObjects>
}
