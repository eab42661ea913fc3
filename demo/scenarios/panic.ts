import type { Scenario } from './scenario.ts'

/** A release of loyalty, in Go, reads the campaign of members that are in none. */
export const panic: Scenario = {
  name: 'panic',
  title: 'Panic (Go)',
  description: 'A release of loyalty panics on members without a campaign; the gateway shows the errors.',
  expected: 'resolved',
  cause: 'loyalty',
  needs: ['go'],
  async breakShop(shop) {
    await shop.deploy('inventory', 'deployed')
    await shop.deploy('loyalty', 'deployed')
  },
}
