import type { Scenario } from './scenario.ts'

/** A fifth of its answers takes its time, as answers from outside do: beside these a second attempt is not slow. */
const WAREHOUSE = { body: { held: [] }, delayMs: 120, slowRatio: 0.2 }

/**
 * Inventory has asked the warehouse, by GET, what must not be sold since a release of days ago. Now the warehouse answers some
 * requests with 503. Nothing was changed by anybody here; the call may be repeated, and is.
 */
export const flakyUpstream: Scenario = {
  name: 'flaky-upstream',
  title: 'Flaky upstream',
  description:
    'The warehouse, a company outside, fails now and then. Nothing was deployed; the call only reads, so it may be retried.',
  expected: 'resolved',
  cause: 'inventory',
  async setStage(shop) {
    await shop.outside.behave('warehouse', WAREHOUSE)
    await shop.stand('inventory', 'flaky-upstream')
  },
  async breakShop(shop) {
    await shop.outside.behave('warehouse', { ...WAREHOUSE, failRatio: 0.12 })
  },
}
