import type { Scenario } from './scenario.ts'

/** A change of logic that no template can mend: the deploy is rolled back to stop the pain, then the revert is proposed. */
export const badDeploy: Scenario = {
  name: 'bad-deploy',
  title: 'Bad deploy',
  description:
    'A release of payment splits larger orders into parts that do not add up. No template fits: roll back first, then revert.',
  expected: 'resolved',
  cause: 'payment',
  async breakShop(shop) {
    await shop.deploy('payment', 'bad-deploy')
  },
}
