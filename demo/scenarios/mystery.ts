import type { Scenario } from './scenario.ts'

/** Something in front of the gateway drops requests: no service ever hears of them, so none can be blamed. */
export const mystery: Scenario = {
  name: 'mystery',
  title: 'Mystery',
  description:
    'The network in front of the gateway drops a quarter of the requests; every service is well and says so.',
  expected: 'handed-over',
  cause: null,
  breakShop: (shop) => shop.disturbNetwork('gateway', { share: 0.25, status: 503 }),
  operate: (operator) => operator.untilEnded(),
}
