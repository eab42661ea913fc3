import type { Scenario } from './scenario.ts'

/** A release of shipping, in Java, prints delivery instructions that half of the orders do not have. */
export const unhandledException: Scenario = {
  name: 'unhandled-exception',
  title: 'Unhandled exception (Java)',
  description:
    'A release of shipping throws on deliveries without instructions; the gateway shows the errors.',
  expected: 'resolved',
  cause: 'shipping',
  needs: ['java'],
  async breakShop(shop) {
    await shop.deploy('checkout', 'deployed')
    await shop.deploy('shipping', 'deployed')
  },
}
