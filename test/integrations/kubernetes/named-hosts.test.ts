import { expect, it } from 'vitest'
import { namedHosts } from '../../../src/integrations/kubernetes/named-hosts.ts'

it.each([
  ['PAYMENT_URL', 'http://payment:8080/v1', ['payment']],
  ['DATABASE', 'jdbc:postgresql://user:pa:ss@db.data/orders', ['db.data']],
  ['BROKERS', 'kafka-0:9092,kafka-1:9092', ['kafka-0', 'kafka-1']],
  ['TARGET', 'ledger.money.svc.cluster.local', ['ledger.money.svc.cluster.local']],
  ['PAYMENT_HOST', 'payment', ['payment']],
  ['ledger.endpoint', 'Ledger', ['ledger']],
  ['CACHE_HOSTS', 'cache-a, cache-b', ['cache-a', 'cache-b']],
])('finds the hosts in %s=%s', (setting, value, hosts) => {
  expect(namedHosts(setting, value)).toEqual(hosts)
})

it.each([
  ['MODE', 'payment'],
  ['DESCRIPTION', 'talks to payment and ledger'],
  ['STARTED', '2026-01-01T10:00'],
  ['IMAGE', 'registry/payment@sha256:0123456789'],
])('takes no word for a host in %s=%s', (setting, value) => {
  expect(namedHosts(setting, value)).not.toContain('payment')
})

it('is quick with text that is made to be slow', () => {
  const text = `${'a.'.repeat(40_000)}:${'://'.repeat(10_000)}${'a-'.repeat(200)} `.repeat(3)
  expect(namedHosts('URL', text).length).toBeGreaterThanOrEqual(0)
})
