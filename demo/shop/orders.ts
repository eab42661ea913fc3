/** An order as the web shop posts it to the gateway. Buyers without an account have no billing address. */
export interface Order {
  readonly order_id: string
  readonly currency: 'EUR' | 'GBP' | 'USD'
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly unit_price: number }[]
  readonly customer: {
    readonly id?: string
    readonly billing_address?: {
      readonly street: string
      readonly postcode: string
      readonly city: string
      readonly country: string
    }
  }
  readonly payment: { readonly token: string; readonly network: string }
  /** Asked for by some; half of them leave no instructions. */
  readonly delivery?: {
    readonly method: 'courier' | 'parcel-shop'
    readonly country: string
    readonly postcode: string
    readonly instructions?: string
  }
  /** Members of the loyalty programme; half of them are in a campaign. */
  readonly member?: {
    readonly card: string
    readonly tier: string
    readonly campaign?: { readonly code: string; readonly factor: number }
  }
}

export interface OrderSource {
  /** Decides what is ordered: order `index` of a seed is always the same but for its id. */
  readonly seed: number
  readonly guestRatio: number
  /** Share of the orders that ask for a delivery; none where it is left out. */
  readonly deliveryRatio?: number
  /** Share of the orders of members; none where it is left out. */
  readonly memberRatio?: number
  /** Goes into the ids: payment answers a known id from its ledger, so every run needs its own. */
  readonly runId: string
  /** Orders by the carton of a buyer who gives them numbers of their own; `{n}` in the text becomes the order's. */
  readonly wholesale?: { readonly orderNumber: string }
}

const goods = [
  ['TEA-GREEN', 1250],
  ['TEA-BLACK', 1090],
  ['CUP-WHITE', 799],
  ['POT-IRON', 4990],
  ['TIN-SMALL', 350],
  ['SPOON', 480],
] as const
const networks = ['visa', 'visa', 'mastercard', 'mastercard', 'amex', 'maestro'] as const
const places = [
  { street: 'Hafenstrasse 1', postcode: '20457', city: 'Hamburg', country: 'DE' },
  { street: 'Rue du Port 12', postcode: '44000', city: 'Nantes', country: 'FR' },
  { street: 'Havenweg 8', postcode: '3011', city: 'Rotterdam', country: 'NL' },
  { street: 'Harbour Road 5', postcode: 'BS1 5DB', city: 'Bristol', country: 'GB' },
] as const
const instructions = ['ring twice', 'leave it with the neighbours', 'back door'] as const
const tiers = ['blue', 'blue', 'silver', 'gold'] as const
const currencies = ['EUR', 'EUR', 'EUR', 'GBP', 'USD'] as const

/** Order number `index` of a source. */
export function orderAt(source: OrderSource, index: number): Order {
  const { seed, guestRatio, deliveryRatio = 0, memberRatio = 0, runId, wholesale } = source
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  const isGuest = random() < guestRatio
  const items = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const [sku, unit_price] = pick(goods)
    return { sku, quantity: 1 + Math.floor(random() * 3), unit_price }
  })
  const cartons = { ...(items[0] ?? { sku: '', unit_price: 0 }), quantity: 13 + (index % 8) }
  const account = { id: `cus_${Math.floor(random() * 5000)}`, billing_address: pick(places) }
  const order: Order = {
    order_id: (wholesale?.orderNumber ?? 'ord_{n}').replace('{n}', `${runId}_${index}`),
    currency: pick(currencies),
    items: wholesale === undefined ? items : [cartons],
    customer: isGuest ? {} : account,
    payment: { token: `tok_${Math.floor(random() * 0xffffffff).toString(36)}`, network: pick(networks) },
  }
  // Drawn last, so that the rest of an order does not depend on them.
  const delivery = random() < deliveryRatio ? { delivery: deliveryTo(pick(places), pick, random()) } : {}
  const member = random() < memberRatio ? { member: memberOf(pick, random()) } : {}
  return { ...order, ...delivery, ...member }
}

type Pick = <T>(choices: readonly T[]) => T

function deliveryTo({ country, postcode }: (typeof places)[number], pick: Pick, chance: number) {
  const method = pick(['courier', 'courier', 'parcel-shop'] as const)
  return { method, country, postcode, ...(chance < 0.5 ? { instructions: pick(instructions) } : {}) }
}

function memberOf(pick: Pick, chance: number) {
  const member = { card: `L-${Math.floor(chance * 90_000) + 10_000}`, tier: pick(tiers) }
  return chance < 0.5 ? { ...member, campaign: { code: 'SPRING', factor: 2 } } : member
}

/** Numbers in [0, 1) by mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
