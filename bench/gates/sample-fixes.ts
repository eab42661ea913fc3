import type { ServiceName } from '../../demo/shop/services.ts'
import type { FailingInput, Language } from '../../src/pipeline/signals/stack-trace.ts'

/** How a release of the sample system is mended: the line at fault, what a person would write, and the request that failed. */
export interface SampleFix {
  readonly service: ServiceName
  readonly language: Language
  readonly file: string
  readonly before: string
  readonly after: string
  readonly input: FailingInput | null
}

const order = {
  order_id: 'ord_1',
  currency: 'EUR',
  items: [{ sku: 'SPOON', quantity: 1, unit_price: 480 }],
  customer: {},
  payment: { token: 'tok_1', network: 'visa' },
}
const failing = (path: string, more: object): FailingInput => ({
  kind: 'http',
  method: 'POST',
  path,
  body: { ...order, ...more },
})

export const sampleFixes: readonly SampleFix[] = [
  {
    service: 'payment',
    language: 'python',
    file: 'payment/receipt.py',
    before: 'country = address["country"]',
    after: 'country = address["country"] if address is not None else None',
    input: failing('/charge', {}),
  },
  {
    service: 'gateway',
    language: 'typescript',
    file: 'src/orders.ts',
    before: "if (!isObject(order)) return ['the body must be an order (a JSON object)']",
    after: "if (!isObject(order)) return ['the body has to be an order (a JSON object)']",
    // Nothing of gateway, checkout and inventory fails by itself: there is nothing to replay.
    input: null,
  },
  {
    service: 'checkout',
    language: 'typescript',
    file: 'src/checkout.ts',
    before: 'if (!isCharged) await release(order, traceId)',
    after: 'if (isCharged === false) await release(order, traceId)',
    input: null,
  },
  {
    service: 'inventory',
    language: 'python',
    file: 'inventory/app.py',
    before: 'DRAIN_SECONDS = 5',
    after: 'DRAIN_SECONDS = 4',
    input: null,
  },
  {
    service: 'shipping',
    language: 'java',
    file: 'src/main/java/shop/shipping/Labels.java',
    before: 'delivery.instructions().strip();',
    after: 'delivery.instructions() != null ? delivery.instructions().strip() : null;',
    input: failing('/quotes', { delivery: { method: 'courier', country: 'DE', postcode: '20457' } }),
  },
  {
    service: 'loyalty',
    language: 'go',
    file: 'internal/points/order.go',
    before: 'if order.Member.Campaign.Factor > 1 {',
    after: 'if order.Member.Campaign != nil && order.Member.Campaign.Factor > 1 {',
    input: failing('/points', { member: { card: 'L-10000', tier: 'blue' } }),
  },
]
