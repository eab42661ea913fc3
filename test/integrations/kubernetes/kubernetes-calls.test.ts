import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { kubernetesCalls } from '../../../src/integrations/kubernetes/kubernetes-calls.ts'
import { kubernetesCluster } from '../../../src/integrations/kubernetes/kubernetes-cluster.ts'
import type { SeenCall } from '../../../src/pipeline/signals/service-graph.ts'
import { fakeCluster, type FakeCluster } from './fake-cluster.ts'

const TOKEN = 'the-token-of-the-account'
const folder = mkdtempSync(join(tmpdir(), 'ccp-kubernetes-'))
const clusters: FakeCluster[] = []
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.close()
})
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

function service(name: string, app: string): object {
  return { metadata: { name }, spec: { selector: { app }, ports: [{ port: 80 }] } }
}

function workload(name: string, app: string, container: object, volumes: readonly object[] = []): object {
  const template = { metadata: { labels: { app } }, spec: { containers: [{ name, ...container }], volumes } }
  return { metadata: { name }, spec: { selector: { matchLabels: { app } }, template } }
}

const SHOP = {
  '/api/v1/namespaces/shop/services': [
    service('gateway', 'gateway'),
    service('checkout', 'checkout'),
    service('payment-svc', 'payment'),
    service('db', 'db'),
  ],
  '/api/v1/namespaces/money/services': [service('ledger', 'ledger')],
  '/api/v1/namespaces/shop/configmaps': [
    {
      metadata: { name: 'checkout-settings' },
      data: { PAYMENT_URL: 'http://payment-svc/v1', MODE: 'gateway' },
    },
    { metadata: { name: 'upstreams' }, data: { 'nginx.conf': 'proxy_pass http://checkout:8080;' } },
    { metadata: { name: 'ledger' }, data: { address: 'ledger.money:9000' } },
  ],
  '/apis/apps/v1/namespaces/shop/deployments': [
    workload('gateway-v2', 'gateway', {}, [{ name: 'conf', configMap: { name: 'upstreams' } }]),
    workload('checkout', 'checkout', { envFrom: [{ configMapRef: { name: 'checkout-settings' } }] }),
    workload('payment-7', 'payment', {
      args: ['--database=postgres://payments@db.shop.svc.cluster.local/payments'],
      env: [
        { name: 'LEDGER', valueFrom: { configMapKeyRef: { name: 'ledger', key: 'address' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'payment', key: 'token' } } },
        { name: 'BANK_URL', value: 'https://bank.example/api' },
      ],
    }),
  ],
  '/apis/apps/v1/namespaces/shop/statefulsets': [workload('db', 'db', {})],
  '/apis/apps/v1/namespaces/shop/daemonsets': [
    workload('log-shipper', 'log-shipper', { env: [{ name: 'SINK_HOST', value: 'db' }] }),
  ],
}

async function callsIn(
  options: Partial<Parameters<typeof fakeCluster>[1]> = {},
  settings: { readonly token?: string; readonly services?: readonly string[] } = {},
): Promise<{ readonly calls: readonly SeenCall[]; readonly cluster: FakeCluster }> {
  const cluster = await fakeCluster(SHOP, { token: TOKEN, ...options })
  clusters.push(cluster)
  const source = kubernetesCalls(
    kubernetesCluster({
      config: kubeconfig(cluster.url, settings.token ?? TOKEN),
      context: 'shop',
      namespaces: ['shop', 'money'],
      timeoutMs: 15_000,
    }),
    { services: settings.services ?? ['gateway', 'checkout', 'payment'], nowMs: () => 7_000 },
  )
  return { calls: await source.callsSeen(), cluster }
}

function kubeconfig(server: string, token: string): string {
  const file = join(folder, `${clusters.length}-${token.length}.json`)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'elsewhere',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bot', user: { token } }],
    contexts: [
      { name: 'elsewhere', context: { cluster: 'nowhere', user: 'bot' } },
      { name: 'shop', context: { cluster: 'test', user: 'bot' } },
    ],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

const pairs = (calls: readonly SeenCall[]) => calls.map(({ caller, callee }) => `${caller} > ${callee}`)

it('sees who is configured with whose address, by the names of services.yaml', async () => {
  const { calls } = await callsIn()
  expect(pairs(calls)).toEqual([
    'checkout > payment', // envFrom a config map; the Service is called payment-svc, its pods payment
    'gateway > checkout', // a mounted configuration file
    'log-shipper > db', // a bare name in a variable that says it is a host
    'payment > db', // an argument, by the name in the cluster
    'payment > ledger', // one key of a config map, a Service of another namespace
  ])
  expect(calls[0]).toMatchObject({ source: 'kubernetes', atMs: 7_000 })
})

it('only lists, with the token of the account, and never secrets', async () => {
  const { cluster } = await callsIn()
  expect(new Set(cluster.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  expect(new Set(cluster.requests.map(({ token }) => token))).toEqual(new Set([TOKEN]))
  expect(cluster.requests.filter(({ path }) => path.includes('secrets'))).toEqual([])
})

it('reads every page of a long list', async () => {
  const { calls } = await callsIn({ pageSize: 1 })
  expect(calls).toHaveLength(5)
})

it('goes without config maps where it may not list them', async () => {
  const { calls } = await callsIn({ forbidden: ['/configmaps'] })
  expect(pairs(calls)).toEqual(['log-shipper > db', 'payment > db'])
})

it('says what to allow where it may read nothing, without the token', async () => {
  const fault = await callsIn({}, { token: 'a-token-that-expired' }).catch((error: unknown) => error)
  expect(fault).toMatchObject({ code: 'unauthorised', mend: expect.stringContaining('`list` on services') })
  expect(String(fault)).not.toContain('a-token-that-expired')
})

it('says which file it cannot read', async () => {
  const config = join(folder, 'none.yaml')
  const cluster = kubernetesCluster({ config, context: null, namespaces: ['shop'], timeoutMs: 15_000 })
  await expect(cluster.read()).rejects.toMatchObject({
    code: 'bad-config',
    mend: expect.stringContaining('KUBERNETES_CONFIG'),
  })
})
