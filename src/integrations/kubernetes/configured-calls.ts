import { distinctCalls, type SeenCall } from '../../pipeline/signals/service-graph.ts'
import type { ClusterObjects, KubernetesService, Workload } from './cluster.ts'
import { namedHosts } from './named-hosts.ts'

/**
 * Who is configured with whose address. A workload calls a Service that its environment, command line or config maps name as a host.
 * Names are those of services.yaml where one fits: the Service's, the usual labels', the workload's.
 */
export function configuredCalls(
  objects: ClusterObjects,
  known: ReadonlySet<string>,
  atMs: number,
): readonly SeenCall[] {
  const services = new Map(
    objects.services.map((service) => [keyOf(service.namespace, service.name), service]),
  )
  const configMaps = new Map(objects.configMaps.map((one) => [keyOf(one.namespace, one.name), one.data]))
  const calls = objects.workloads.flatMap((workload) => {
    const caller = nameOfWorkload(workload, objects.services, known)
    return settingsOf(workload, configMaps)
      .flatMap(([setting, value]) => namedHosts(setting, value))
      .flatMap((host) => serviceOf(host, workload.namespace, services) ?? [])
      .map((service): SeenCall => {
        const callee = nameOfService(service, objects, known)
        return { caller, callee, source: 'kubernetes', atMs }
      })
  })
  return distinctCalls(calls)
}

type Settings = readonly (readonly [name: string, value: string])[]

function settingsOf(
  { namespace, environment, wholeConfigMaps, commandLine }: Workload,
  configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Settings {
  const dataOf = (name: string): Readonly<Record<string, string>> =>
    configMaps.get(keyOf(namespace, name)) ?? {}
  return [
    ...environment.map((entry) => {
      const value = entry.kind === 'value' ? entry.value : (dataOf(entry.configMap)[entry.key] ?? '')
      return [entry.name, value] as const
    }),
    ...wholeConfigMaps.flatMap((name) => Object.entries(dataOf(name))),
    ...commandLine.map((argument) => ['', argument] as const),
  ]
}

/** `payment` in the same namespace, `payment.shop` and `payment.shop.svc.cluster.local` anywhere. */
function serviceOf(
  host: string,
  namespace: string,
  services: ReadonlyMap<string, KubernetesService>,
): KubernetesService | null {
  const [name = '', inNamespace = namespace, kind = 'svc'] = host.replace(/\.$/, '').split('.')
  return kind === 'svc' ? (services.get(keyOf(inNamespace, name)) ?? null) : null
}

function nameOfService(
  service: KubernetesService,
  { services, workloads }: ClusterObjects,
  known: ReadonlySet<string>,
): string {
  if (known.has(service.name)) return service.name
  const behind = workloads.find((workload) => isBehind(workload, service))
  return behind === undefined ? service.name : nameOfWorkload(behind, services, known)
}

function nameOfWorkload(
  workload: Workload,
  services: readonly KubernetesService[],
  known: ReadonlySet<string>,
): string {
  const { labels, name } = workload
  const fronts = services.filter((service) => isBehind(workload, service)).map((service) => service.name)
  const names = [...fronts, labels['app.kubernetes.io/name'], labels['app'], name].filter(
    (each) => each !== undefined,
  )
  return names.find((each) => known.has(each)) ?? fronts[0] ?? name
}

function isBehind({ namespace, labels }: Workload, service: KubernetesService): boolean {
  const wanted = Object.entries(service.selector)
  return (
    namespace === service.namespace &&
    wanted.length > 0 &&
    wanted.every(([label, value]) => labels[label] === value)
  )
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
