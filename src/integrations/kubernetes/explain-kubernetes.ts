import { CcpError } from '../../pipeline/errors.ts'
import type { KubernetesSettings } from './kubernetes-cluster.ts'

/** What the client throws, in our words: never its body or headers, which may hold a token. */
export function explainKubernetes(
  thrown: unknown,
  { config, namespaces, timeoutMs }: KubernetesSettings,
): CcpError {
  const where = `Kubernetes (${config})`
  const { code, name } = thrown as { readonly code?: unknown; readonly name?: unknown }
  if (name === 'TimeoutError') return new CcpError('timeout', `${where} did not answer in ${timeoutMs} ms`)
  if (code === 401 || code === 403)
    return new CcpError('unauthorised', `${where} does not let this account read ${namespaces.join(', ')}`, {
      mend: 'allow it `list` on services, configmaps, deployments, statefulsets and daemonsets there',
    })
  if (code === 404)
    return new CcpError('bad-config', `${where} has no such namespace or API`, {
      mend: 'correct KUBERNETES_NAMESPACES',
    })
  if (typeof code === 'number') return new CcpError('unavailable', `${where} answered ${code}`)
  if (code === 'ENOENT' || code === 'EACCES')
    return new CcpError('bad-config', `${where}: that file cannot be read`, {
      cause: thrown,
      mend: 'name a kubeconfig file in KUBERNETES_CONFIG, or write in-cluster',
    })
  return new CcpError('unavailable', `${where} cannot be reached`, { cause: thrown })
}
