import { expect, it } from 'vitest'
import { serviceGraphCalls } from '../../src/integrations/prometheus/service-graph-calls.ts'
import type { RawSeries } from '../../src/integrations/prometheus/metric-names.ts'
import { describeWith } from '../support/needs.ts'
import { prometheusWith } from '../support/prometheus-server.ts'

/** Yesterday, on a whole second: in a block on disk, not in the head. */
const END_MS = Math.floor(Date.now() / 1000) * 1000 - 86_400_000

/** Ten minutes of scrapes, one each minute. */
function counter(name: string, labels: Readonly<Record<string, string>>, perMinute: number): RawSeries {
  const tMs = Array.from({ length: 11 }, (_, i) => END_MS - (10 - i) * 60_000)
  return { name, labels, tMs, v: tMs.map((_, i) => 5 + i * perMinute) }
}

describeWith(['prometheus'], 'service-graph metrics on a real Prometheus', () => {
  it('show the calls that are made, whoever counts them, and not those that no longer are', async () => {
    const otel = 'traces_service_graph_request_total'
    const { url, close } = await prometheusWith([
      counter(otel, { client: 'gateway', server: 'checkout', failed: 'false' }, 30),
      counter(otel, { client: 'gateway', server: 'checkout', failed: 'true' }, 1),
      counter(otel, { client: 'gateway', server: 'old-cart' }, 0),
      counter(otel, { client: 'user', server: 'gateway', connection_type: 'virtual_node' }, 30),
      counter(
        'istio_requests_total',
        {
          reporter: 'destination',
          source_canonical_service: 'checkout',
          destination_canonical_service: 'payment',
          destination_service_name: 'payment-svc',
          response_code: '200',
        },
        12,
      ),
    ])
    const source = serviceGraphCalls({
      url,
      timeoutMs: 10_000,
      services: ['gateway', 'checkout', 'payment'],
      windowMs: 300_000,
      nowMs: () => END_MS,
    })
    expect(await source.callsSeen()).toEqual([
      { caller: 'checkout', callee: 'payment', source: 'service-graph', atMs: END_MS },
      { caller: 'gateway', callee: 'checkout', source: 'service-graph', atMs: END_MS },
    ])
    await close()
  })
})
