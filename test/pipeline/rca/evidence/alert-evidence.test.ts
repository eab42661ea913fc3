import { describe, expect, it } from 'vitest'
import { alertObservations } from '../../../../src/pipeline/rca/evidence/alert-evidence.ts'
import { rankCase } from '../../../../src/pipeline/rca/rank-case.ts'
import type { FiringAlert } from '../../../../src/pipeline/signals/telemetry.ts'
import { incidentCase, NOW, SETTINGS, shopMetrics } from '../builders.ts'

const alert = (service: string, secondsBefore: number): FiringAlert => ({
  service,
  at: NOW - secondsBefore,
  summary: `${service} fails`,
})
const value = (alerts: readonly FiringAlert[], service: string, feature: string): number | undefined =>
  alertObservations(alerts, NOW)
    .get(service)
    ?.find((one) => one.feature === feature)?.value

describe('what alerts say', () => {
  it('is nothing where only one service pages: that is the symptom', () => {
    expect(alertObservations([alert('gateway', 10), alert('gateway', 20)], NOW)).toEqual(new Map())
  })

  it('is which services page, and in what order', () => {
    const alerts = [alert('gateway', 10), alert('checkout', 40), alert('payment', 70), alert('gateway', 5)]
    expect(value(alerts, 'payment', 'alertFires')).toBe(1)
    expect(['payment', 'checkout', 'gateway'].map((name) => value(alerts, name, 'alertFirst'))).toEqual([
      1, 0.5, 0,
    ])
    expect(value(alerts, 'inventory', 'alertFires')).toBeUndefined()
  })

  it('is no order where all began at once', () => {
    const alerts = [alert('gateway', 10), alert('payment', 10)]
    expect(value(alerts, 'payment', 'alertFirst')).toBe(0)
  })

  it('moves the service that fired first up, and is told', () => {
    const metrics = shopMetrics({
      gateway: { success: 0.7 },
      checkout: { success: 0.7 },
      payment: { success: 0.7 },
      inventory: { success: 0.7 },
    })
    const alerts = [alert('inventory', 50), alert('gateway', 20)]
    const without = rankCase(incidentCase({ metrics }), SETTINGS)
    const { ranked } = rankCase(incidentCase({ metrics, alerts }), SETTINGS)
    expect(ranked[0]?.service).toBe('inventory')
    expect(ranked[0]?.confidence).toBeGreaterThan(
      without.ranked.find(({ service }) => service === 'inventory')?.confidence ?? 1,
    )
    expect(ranked[0]?.evidenceFor.map(({ text }) => text).join('\n')).toContain(
      'its alert fired first of all',
    )
  })
})
