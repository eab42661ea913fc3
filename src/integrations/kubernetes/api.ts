/** The part of Kubernetes' API objects that is read here, as its client gives them. */
export interface ObjectMeta {
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface ApiService {
  readonly metadata?: ObjectMeta
  readonly spec?: { readonly selector?: Readonly<Record<string, string>> }
}

export interface ApiConfigMap {
  readonly metadata?: ObjectMeta
  readonly data?: Readonly<Record<string, string>>
}

/** Deployment, StatefulSet, DaemonSet. */
export interface ApiWorkload {
  readonly metadata?: ObjectMeta
  readonly spec?: { readonly template?: PodTemplate }
}

export interface PodTemplate {
  readonly metadata?: ObjectMeta
  readonly spec?: {
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly volumes?: readonly { readonly configMap?: { readonly name?: string } }[]
  }
}

export interface Container {
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name?: string } }[]
  readonly command?: readonly string[]
  readonly args?: readonly string[]
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly configMapKeyRef?: { readonly name?: string; readonly key: string } }
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly metadata?: { readonly _continue?: string }
}

type List<T> = (request: {
  readonly namespace: string
  readonly limit: number
  readonly _continue?: string
}) => Promise<Page<T>>

export interface CoreApi {
  readonly listNamespacedService: List<ApiService>
  readonly listNamespacedConfigMap: List<ApiConfigMap>
}

export interface AppsApi {
  readonly listNamespacedDeployment: List<ApiWorkload>
  readonly listNamespacedStatefulSet: List<ApiWorkload>
  readonly listNamespacedDaemonSet: List<ApiWorkload>
}

export interface Client {
  readonly KubeConfig: new () => {
    loadFromCluster(): void
    loadFromFile(file: string): void
    setCurrentContext(context: string): void
    makeApiClient<T>(api: Api<T>): T
  }
  readonly CoreV1Api: Api<CoreApi>
  readonly AppsV1Api: Api<AppsApi>
}

type Api<T> = { readonly name: string; readonly prototype: T }

/**
 * Kubernetes' own client, loaded only where a cluster is configured. By a name that the compiler does not follow: its declarations
 * are 25 MB, which every check of types would read for the five calls above. A test makes these calls over HTTP.
 */
export async function loadClient(): Promise<Client> {
  const name: string = '@kubernetes/client-node'
  return (await import(name)) as Client
}
