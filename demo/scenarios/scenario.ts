import type { Shop } from '../start-shop.ts'

/** One incident that the demo can show. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** One sentence for the page: what breaks. */
  readonly description: string
  readonly expected: 'resolved' | 'handed-over'
  /** What goes into production, in order; the last is what breaks it. */
  breakShop(shop: Shop): Promise<void>
}
