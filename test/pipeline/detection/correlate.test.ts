import { describe, expect, it } from 'vitest'
import { callPath, callsTogether, describePath } from '../../../src/pipeline/detection/call-path.ts'
import { belongsTo } from '../../../src/pipeline/detection/correlate.ts'
import type { Signal } from '../../../src/pipeline/contracts.ts'
import type { IncidentRecord, IncidentState } from '../../../src/pipeline/machine.ts'
import { context, MINUTE, services } from './detect-context.ts'

const START = 1_700_000_000_000

/** An incident whose alerts name these services, a minute apart from each other. */
function incidentOn(names: readonly (string | null)[], state: IncidentState = 'DIAGNOSING'): IncidentRecord {
  const signals = names.map((service, i): Signal => ({
    source: { kind: 'error-rate-watch' },
    service,
    summary: 'errors',
    atMs: START + i * MINUTE,
  }))
  const incidentId = `i-${names.join('-')}`
  const incident = { incidentId, title: 'errors', service: names[0] ?? null, detectedAtMs: START, signals }
  return { state, stateSinceMs: START, incident } as unknown as IncidentRecord
}

/** Where the trouble of that service, begun these minutes after the first alert, belongs. */
function belonging(service: string | null, minutes: number, ...open: readonly IncidentRecord[]) {
  const beganMs = START + minutes * MINUTE
  const found = belongsTo({ service, beganMs, atMs: beganMs }, open, context())
  return found === null ? null : [found.record.incident.incidentId, found.because]
}

describe('where an alert belongs', () => {
  it('C1 is an incident of the same service, however long that is worked on', () => {
    expect(belonging('payment', 500, incidentOn(['payment']))).toEqual(['i-payment', 'the same service'])
  })

  it('C2 is one on the same call path that began at about the same time, and the reason is said', () => {
    expect(belonging('payment', 2, incidentOn(['gateway']))).toEqual([
      'i-gateway',
      'gateway calls checkout, which calls payment; 2 min apart',
    ])
    expect(belonging('gateway', 0.5, incidentOn(['checkout']))).toEqual([
      'i-checkout',
      'gateway calls checkout; 30 s apart',
    ])
  })

  it('C2 is none where it began long after the newest alert', () => {
    expect(belonging('payment', 10, incidentOn(['gateway']))).not.toBeNull()
    expect(belonging('payment', 11, incidentOn(['gateway']))).toBeNull()
    expect(belonging('payment', 11, incidentOn(['gateway', 'checkout']))).not.toBeNull()
  })

  it('C2 is none for two services that only have a caller in common', () => {
    expect(belonging('inventory', 1, incidentOn(['payment']))).toBeNull()
    expect(belonging('inventory', 1, incidentOn(['gateway', 'payment']))).toBeNull()
    expect(belonging('newsletter', 1, incidentOn(['gateway']))).toBeNull()
  })

  it('C2 is the nearest of several, and one of the same service before all', () => {
    const [gateway, checkout, payment] = ['gateway', 'checkout', 'payment'].map((name) => incidentOn([name]))
    if (!gateway || !checkout || !payment) throw new Error('unreachable')
    expect(belonging('payment', 1, gateway, checkout)?.[0]).toBe('i-checkout')
    expect(belonging('payment', 1, gateway, checkout, payment)?.[0]).toBe('i-payment')
  })

  it('C3 is not an incident that was handed over and has been quiet for the window', () => {
    expect(belonging('payment', 9, incidentOn(['payment'], 'HANDED_OVER'))).not.toBeNull()
    expect(belonging('payment', 11, incidentOn(['payment'], 'HANDED_OVER'))).toBeNull()
  })

  it('is nowhere without a service, on either side', () => {
    expect(belonging(null, 0, incidentOn(['payment']))).toBeNull()
    expect(belonging('payment', 0, incidentOn([null]))).toBeNull()
  })
})

describe('a call path', () => {
  it('is the shortest one, in the direction of the calls, and no longer than allowed', () => {
    expect(callPath('payment', 'gateway', services, 4)).toEqual(['gateway', 'checkout', 'payment'])
    expect(callPath('payment', 'gateway', services, 1)).toBeNull()
    expect(callPath('payment', 'inventory', services, 16)).toBeNull()
  })

  it('leads over calls that were observed as well as over those that are declared', () => {
    const topology = {
      nodes: ['gateway', 'ledger'],
      edges: [
        ['payment', 'ledger'],
        ['edge', 'gateway'],
      ] as const,
    }
    expect(callPath('ledger', 'gateway', services, 4)).toBeNull()
    expect(callPath('ledger', 'edge', callsTogether(services, topology), 4)).toEqual([
      'edge',
      'gateway',
      'checkout',
      'payment',
      'ledger',
    ])
  })

  it('ends in a circle of calls as well', () => {
    const circle = [
      { name: 'a', dependsOn: ['b'] },
      { name: 'b', dependsOn: ['a', 'unknown'] },
      { name: 'c', dependsOn: [] },
    ]
    expect(callPath('a', 'c', circle, 16)).toBeNull()
    expect(describePath(callPath('b', 'a', circle, 16) ?? [])).toBe('b calls a')
  })
})
