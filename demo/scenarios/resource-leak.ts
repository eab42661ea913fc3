import type { Scenario } from './scenario.ts'

/** A release of inventory opens its journal for each order and never closes it, until a file that it must read cannot be opened. */
export const resourceLeak: Scenario = {
  name: 'resource-leak',
  title: 'Resource leak',
  description:
    'A release of inventory leaks a file with each order. The error names a file that has nothing to do with it.',
  expected: 'resolved',
  async breakShop(shop) {
    await shop.deploy('checkout', 'deployed')
    await shop.deploy('inventory', 'journal')
  },
}
