import type { Scenario } from './scenario.ts'

/** A release of payment reads an optional field that guests' orders lack; inventory was released just before it. */
export const nullDereference: Scenario = {
  name: 'null-dereference',
  title: 'Null dereference',
  description:
    'A release of payment crashes on orders without a billing address; the gateway shows the errors.',
  expected: 'resolved',
  cause: 'payment',
  async breakShop(shop) {
    await shop.deploy('inventory', 'deployed')
    await shop.deploy('payment', 'deployed')
  },
}
