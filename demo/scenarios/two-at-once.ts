import { GATEWAY_ERRORS, type AlertRule } from '../alert-rule.ts'
import type { Scenario } from './scenario.ts'

const errorsOf = (service: string): AlertRule => ({ ...GATEWAY_ERRORS, service })

/** Of the orders a third fails in payment already: this pages for what comes on top of it. */
const MORE_ERRORS_OF_CHECKOUT: AlertRule = {
  service: 'checkout',
  watches: { kind: 'error-ratio', above: 0.36, objective: '1 %' },
}

/**
 * One fault of payment pages twice, at the gateway and at payment: one fix, and a link. Meanwhile a release of checkout,
 * which depends on payment, crashes on foreign postcodes: its fix waits until payment's rollout is done.
 */
export const twoAtOnce: Scenario = {
  name: 'two-at-once',
  title: 'Two at once',
  description:
    'One fault pages twice and gets one fix; a second fault, in a service that depends on the first, waits its turn.',
  expected: 'resolved',
  cause: 'payment',
  alerts: [GATEWAY_ERRORS, errorsOf('payment')],
  async breakShop(shop) {
    await shop.deploy('payment', 'deployed')
  },
  async operate(operator) {
    await operator.untilAsked(1)
    await operator.breakMore((shop) => shop.deploy('checkout', 'two-at-once'), MORE_ERRORS_OF_CHECKOUT)
    await operator.untilAsked(2)
    // The first asked goes first: it takes the lock on payment, for which checkout's fix then has to wait.
    while (await operator.press('approve', { oldestFirst: true }));
  },
}
