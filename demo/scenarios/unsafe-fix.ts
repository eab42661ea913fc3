import type { Scenario } from './scenario.ts'

/** A fix that a test forbids: without a country of taxation no receipt may be printed. */
export const unsafeFix: Scenario = {
  name: 'unsafe-fix',
  title: 'Unsafe fix',
  description:
    'The obvious guard breaks a rule that a test of payment keeps. A gate stops it; nothing is deployed.',
  expected: 'handed-over',
  cause: 'payment',
  async breakShop(shop) {
    await shop.deploy('payment', 'unsafe-fix')
  },
}
