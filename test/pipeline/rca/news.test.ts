import { describe, expect, it } from 'vitest'
import { newsOf } from '../../../src/pipeline/rca/news.ts'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { IncidentCase, MetricSeries } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, NOW, series, SETTINGS } from './builders.ts'

/** Payment has failed for five minutes, which its callers feel; checkout may have a fault of its own for the last one. */
function failing(checkoutNow: number): IncidentCase {
  const success = (service: string, steps: readonly (readonly [number, number])[]): MetricSeries => {
    const flat = series({ service, name: 'success_ratio', before: 1, jitter: 0.01 })
    const levelAt = (t: number) => steps.findLast(([since]) => t > NOW - since)?.[1] ?? 1
    return { ...flat, v: flat.t.map((t, k) => levelAt(t) * (1 - 0.01 * (k % 3))) }
  }
  return incidentCase({
    symptom: { service: 'checkout', metric: null },
    metrics: [
      success('payment', [[300, 0.7]]),
      success('checkout', [
        [300, 0.7],
        [60, checkoutNow],
      ]),
      success('gateway', [
        [300, 0.7],
        [60, checkoutNow],
      ]),
    ],
    changes: [
      deploy({ id: 'payment-v2', service: 'payment', at: NOW - 305 }),
      deploy({ id: 'checkout-v3', service: 'checkout', at: NOW - 65 }),
    ],
    known: [{ incidentId: 'pd-1', title: 'gateway fails', service: 'payment', since: NOW - 300 }],
  })
}

describe('what is new where the cause of another incident is known', () => {
  it('is the change on top of the fault that goes on, though that one explains most of the failures', () => {
    const news = newsOf(failing(0.5), SETTINGS)
    expect(news?.known.service).toBe('payment')
    expect(news?.ranking.ranked[0]).toMatchObject({ service: 'checkout', change: { id: 'checkout-v3' } })
  })

  it('is nothing where the alert tells of the known fault once more', () => {
    expect(newsOf(failing(0.7), SETTINGS)).toBeNull()
    expect(rankCase(failing(0.7), SETTINGS).ranked[0]?.service).toBe('payment')
  })

  it('is nothing where nothing was changed since', () => {
    const { changes, ...rest } = failing(0.5)
    expect(newsOf({ ...rest, changes: changes.slice(0, 1) }, SETTINGS)).toBeNull()
  })

  it('is not told before there are samples enough since the known fault began', () => {
    const [known] = failing(0.5).known ?? []
    if (known === undefined) throw new Error('nothing is known')
    expect(newsOf({ ...failing(0.5), known: [{ ...known, since: NOW - 90 }] }, SETTINGS)).toBeNull()
  })

  it('is not looked for where no other incident is open', () => {
    const { known: _, ...alone } = failing(0.5)
    expect(newsOf(alone, SETTINGS)).toBeNull()
  })
})
