import type { Scenario } from './scenario.ts'

/** A fix that passes every gate and is worse in production: what it guards against led to a search that takes long. */
export const wrongFix: Scenario = {
  name: 'wrong-fix',
  title: 'Wrong fix',
  description:
    'The obvious guard cures the errors of payment and makes its answers slow. The canary goes back, the next fix follows.',
  expected: 'resolved',
  cause: 'payment',
  async breakShop(shop) {
    await shop.deploy('payment', 'wrong-fix')
  },
}
