import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { serviceGraphCalls } from '../../../src/integrations/prometheus/service-graph-calls.ts'
import { serve } from './page-server.ts'

type Sample = Readonly<Record<string, string>>

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** Answers each query with the samples of the counter that it names. test/services asks a real Prometheus the same. */
async function callsFrom(
  samples: Readonly<Record<string, readonly Sample[]>>,
  services: readonly string[] = [],
) {
  const queries: string[] = []
  const server = await serve(async (request, response) => {
    const form = new URLSearchParams(await text(request))
    const query = form.get('query') ?? ''
    queries.push(`${query} @ ${form.get('time')}`)
    const found = Object.entries(samples).find(([metric]) => query.includes(metric))?.[1] ?? []
    const result = found.map((metric) => ({ metric, value: [7, '12'] }))
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
  })
  closers.push(() => server.close())
  const options = { url: server.url, timeoutMs: 5_000, services, windowMs: 300_000, nowMs: () => 7_000 }
  const calls = await serviceGraphCalls(options).callsSeen()
  return { queries, pairs: calls.map(({ caller, callee }) => `${caller} > ${callee}`), calls }
}

it('reads the service graph of a collector, and takes only what grew', async () => {
  const { calls, queries } = await callsFrom({
    traces_service_graph_request_total: [{ client: 'gateway', server: 'payment' }],
  })
  expect(calls).toEqual([{ caller: 'gateway', callee: 'payment', source: 'service-graph', atMs: 7_000 }])
  expect(queries).toContain(
    'sum by (client, server, connection_type) (increase(traces_service_graph_request_total[300s])) > 0 @ 7.000',
  )
})

it('takes databases and queues for services, and the client that the collector invents for none', async () => {
  const { pairs } = await callsFrom({
    traces_service_graph_request_total: [
      { client: 'payment', server: 'orders-db', connection_type: 'database' },
      { client: 'payment', server: 'mailer', connection_type: 'messaging_system' },
      { client: 'payment', server: 'bank.example', connection_type: 'virtual_node' },
      { client: 'user', server: 'gateway', connection_type: 'virtual_node' },
      { client: 'user', server: 'cart' },
    ],
  })
  expect(pairs).toEqual(['payment > bank.example', 'payment > mailer', 'payment > orders-db', 'user > cart'])
})

it('reads the metrics of Istio, by the name that services.yaml knows', async () => {
  const { pairs } = await callsFrom(
    {
      istio_requests_total: [
        {
          source_canonical_service: 'istio-ingressgateway',
          source_workload: 'istio-ingressgateway-7',
          destination_canonical_service: 'shop-checkout',
          destination_app: 'checkout',
          destination_service_name: 'checkout-svc',
          destination_workload: 'checkout-v3',
        },
        {
          source_canonical_service: 'unknown',
          source_workload: 'unknown',
          destination_canonical_service: 'shop-checkout',
          destination_service_name: 'checkout-svc',
        },
        {
          source_canonical_service: 'shop-checkout',
          source_app: 'checkout',
          destination_canonical_service: 'unknown',
          destination_service_name: 'PassthroughCluster',
          destination_workload: 'unknown',
        },
      ],
      istio_tcp_connections_opened_total: [
        {
          source_canonical_service: 'shop-checkout',
          source_app: 'checkout',
          destination_service_name: 'redis',
        },
      ],
    },
    ['checkout'],
  )
  expect(pairs).toEqual(['checkout > redis', 'istio-ingressgateway > checkout'])
})

it('sees nothing where nobody exports such metrics, and says where it could not ask', async () => {
  expect((await callsFrom({})).calls).toEqual([])
  const server = await serve((_, response) => response.end('<html>a proxy</html>'))
  closers.push(() => server.close())
  const source = serviceGraphCalls({
    url: server.url,
    timeoutMs: 5_000,
    services: [],
    windowMs: 300_000,
    nowMs: () => 7_000,
  })
  await expect(source.callsSeen()).rejects.toMatchObject({ code: 'unavailable' })
})
