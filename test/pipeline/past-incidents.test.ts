import { describe, expect, it } from 'vitest'
import type { IncidentRecord } from '../../src/pipeline/machine.ts'
import { pastCauses } from '../../src/pipeline/past-incidents.ts'

function over(overrides: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    state: 'RESOLVED',
    incident: { incidentId: 'incident-1', service: 'gateway', detectedAtMs: 90_000 },
    location: {
      service: 'payment',
      file: 'payment/receipt.py',
      exception: { type: 'TypeError', message: 'no such amount' },
    },
    verdict: { decision: 'pass', cured: true },
    ...overrides,
  } as unknown as IncidentRecord
}

describe('what earlier incidents were', () => {
  it('is known of those whose fix was measured to cure them', () => {
    expect(pastCauses([over()])).toEqual([
      {
        incidentId: 'incident-1',
        at: 90,
        symptomService: 'gateway',
        service: 'payment',
        exception: { type: 'TypeError', file: 'payment/receipt.py' },
      },
    ])
  })

  it('is not known of those that are open, were not cured, or never led to a line', () => {
    const verdict = { decision: 'pass', cured: null } as unknown as IncidentRecord['verdict']
    expect(
      pastCauses([
        over({ state: 'HANDED_OVER' }),
        over({ verdict }),
        over({ verdict: null }),
        over({ location: null }),
      ]),
    ).toEqual([])
  })
})
