import type { Scenario } from './scenario.ts'

/**
 * A change of settings, not of code: the account for pounds gets a new bank and, by a slip of the finger, another currency's
 * name. The settings' own tests know no list of currencies. Payment finds out with the first order in pounds, in code that has
 * not changed for days.
 */
export const badConfig: Scenario = {
  name: 'bad-config',
  title: 'Bad configuration',
  description:
    "A change of payment's configuration loses the account for pounds; orders in pounds fail in code that did not change.",
  expected: 'resolved',
  cause: 'payment',
  async breakShop(shop) {
    await shop.deploy('inventory', 'deployed')
    await shop.configure('payment', 'deployed')
  },
}
