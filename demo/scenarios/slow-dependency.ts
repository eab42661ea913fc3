import type { Scenario } from './scenario.ts'

const SCORE = { score: 5 }
/** The release runs well for so long; then the company that it asks becomes slow for half of what it is asked. */
const WELL_MS = 3_000

/** A release of payment asks an outside company without a time-out; no exception is thrown anywhere. */
export const slowDependency: Scenario = {
  name: 'slow-dependency',
  title: 'Slow dependency',
  description:
    'A release of payment asks a scoring company and waits without limit; the company becomes slow, and so does the gateway.',
  expected: 'resolved',
  cause: 'payment',
  alerts: [{ service: 'gateway', watches: { kind: 'slow-answers', slowerThanMs: 500, above: 0.05 } }],
  async breakShop(shop) {
    await shop.outside.behave('scoring', { body: SCORE })
    await shop.deploy('inventory', 'deployed')
    await shop.deploy('payment', 'scoring')
    await new Promise((resolve) => setTimeout(resolve, WELL_MS))
    await shop.outside.behave('scoring', { body: SCORE, delayMs: 1_200, slowRatio: 0.5 })
  },
}
