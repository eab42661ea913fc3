import {
  loadClient,
  type ApiConfigMap,
  type ApiService,
  type ApiWorkload,
  type AppsApi,
  type Client,
  type CoreApi,
  type EnvVar,
  type Page,
} from './api.ts'
import type {
  Cluster,
  ClusterObjects,
  ConfigMap,
  EnvironmentEntry,
  KubernetesService,
  Workload,
} from './cluster.ts'
import { explainKubernetes } from './explain-kubernetes.ts'

export interface KubernetesSettings {
  /** A kubeconfig file, or `in-cluster` for the service account of the pod that this runs in. */
  readonly config: string
  /** Null: the file's own choice. */
  readonly context: string | null
  readonly namespaces: readonly string[]
  readonly timeoutMs: number
}

const PAGE = 500

/**
 * The objects of some namespaces by Kubernetes' own client; all it does is `list`. Config maps that it may not list are taken for
 * empty: the addresses in them are then not known.
 */
export function kubernetesCluster(settings: KubernetesSettings): Cluster {
  return {
    async read() {
      try {
        const client = await loadClient()
        return await withinDeadline(() => readAll(client, settings), settings.timeoutMs)
      } catch (thrown) {
        throw explainKubernetes(thrown, settings)
      }
    },
  }
}

interface Apis {
  readonly core: CoreApi
  readonly apps: AppsApi
}

/** Connected anew each time, a matter of reading a file: tokens of pods and of kubeconfigs change while the bot runs. */
async function readAll(client: Client, settings: KubernetesSettings): Promise<ClusterObjects> {
  const apis = connect(client, settings)
  const parts = await Promise.all(settings.namespaces.map((namespace) => readNamespace(apis, namespace)))
  return {
    services: parts.flatMap(({ services }) => services),
    workloads: parts.flatMap(({ workloads }) => workloads),
    configMaps: parts.flatMap(({ configMaps }) => configMaps),
  }
}

function connect(client: Client, { config, context }: KubernetesSettings): Apis {
  const { AppsV1Api, CoreV1Api, KubeConfig } = client
  const kubeConfig = new KubeConfig()
  if (config === 'in-cluster') kubeConfig.loadFromCluster()
  else kubeConfig.loadFromFile(config)
  if (context !== null) kubeConfig.setCurrentContext(context)
  return { core: kubeConfig.makeApiClient(CoreV1Api), apps: kubeConfig.makeApiClient(AppsV1Api) }
}

async function readNamespace({ core, apps }: Apis, namespace: string): Promise<ClusterObjects> {
  const [services, configMaps, ...workloads] = await Promise.all([
    all((page) => core.listNamespacedService({ namespace, ...page })),
    all((page) => core.listNamespacedConfigMap({ namespace, ...page })).catch(nothingWhereForbidden),
    all((page) => apps.listNamespacedDeployment({ namespace, ...page })),
    all((page) => apps.listNamespacedStatefulSet({ namespace, ...page })),
    all((page) => apps.listNamespacedDaemonSet({ namespace, ...page })),
  ])
  return {
    services: services.map((one) => serviceIn(namespace, one)),
    configMaps: configMaps.map((one) => configMapIn(namespace, one)),
    workloads: workloads.flat().map((one) => workloadIn(namespace, one)),
  }
}

function serviceIn(namespace: string, { metadata, spec }: ApiService): KubernetesService {
  return { namespace, name: metadata?.name ?? '', selector: spec?.selector ?? {} }
}

function configMapIn(namespace: string, { metadata, data }: ApiConfigMap): ConfigMap {
  return { namespace, name: metadata?.name ?? '', data: data ?? {} }
}

function workloadIn(namespace: string, { metadata, spec }: ApiWorkload): Workload {
  const template = spec?.template
  const containers = [...(template?.spec?.containers ?? []), ...(template?.spec?.initContainers ?? [])]
  const mounted = (template?.spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? [])
  const asVariables = containers
    .flatMap(({ envFrom }) => envFrom ?? [])
    .flatMap(({ configMapRef }) => configMapRef?.name ?? [])
  return {
    namespace,
    name: metadata?.name ?? '',
    labels: template?.metadata?.labels ?? {},
    environment: containers.flatMap(({ env }) => env ?? []).flatMap(entryOf),
    wholeConfigMaps: [...asVariables, ...mounted],
    commandLine: containers.flatMap(({ command, args }) => [...(command ?? []), ...(args ?? [])]),
  }
}

/** What comes from a secret, or from the pod itself, is no address that can be read. */
function entryOf({ name, value, valueFrom }: EnvVar): readonly EnvironmentEntry[] {
  if (value !== undefined) return [{ kind: 'value', name, value }]
  const from = valueFrom?.configMapKeyRef
  return from?.name === undefined ? [] : [{ kind: 'configMap', name, configMap: from.name, key: from.key }]
}

async function all<T>(
  list: (page: { readonly limit: number; readonly _continue?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = []
  let next = ''
  do {
    const page = await list({ limit: PAGE, ...(next === '' ? {} : { _continue: next }) })
    items.push(...page.items)
    next = page.metadata?._continue ?? ''
  } while (next !== '')
  return items
}

function nothingWhereForbidden(thrown: unknown): readonly never[] {
  if ((thrown as { readonly code?: unknown }).code === 403) return []
  throw thrown
}

async function withinDeadline<T>(work: () => Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('late', 'TimeoutError')), deadlineMs)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
