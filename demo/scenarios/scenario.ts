import type { Model } from '../model/start-model.ts'
import type { Shop } from '../start-shop.ts'
import type { AlertRule } from '../alert-rule.ts'
import type { Operator } from '../operator.ts'
import type { Toolchain } from '../shop/services.ts'

/** One incident that the demo can show. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** One sentence for the page: what breaks. */
  readonly description: string
  readonly expected: 'resolved' | 'handed-over'
  /** The service at fault in the first incident, for the bench; null where nobody could know, and the answer is to abstain. */
  readonly cause?: string | null
  /** Toolchains that the machine must have, and whose services the scenario brings up. */
  readonly needs?: readonly Toolchain[]
  /** What the shop's monitoring pages for; the error ratio at the gateway where it says nothing. */
  readonly alerts?: readonly AlertRule[]
  /** What has been so for days when the scenario begins: other releases than the healthy ones, companies outside. */
  setStage?(shop: Shop): Promise<void>
  /** What goes into production, in order; the last is what breaks it. The model says NONE unless told otherwise. */
  breakShop(shop: Shop, model: Model): Promise<void>
  /** What the people of a headless run do; they approve what they are asked where it says nothing. */
  operate?(operator: Operator): Promise<void>
}
