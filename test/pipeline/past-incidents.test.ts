import { describe, expect, it } from 'vitest'
import type { IncidentRecord } from '../../src/pipeline/machine.ts'
import { judgedDiagnoses, pastCauses } from '../../src/pipeline/past-incidents.ts'

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
    diagnosis: { abstained: null, hypotheses: [{ service: 'payment', confidence: 0.8 }] },
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

describe('how earlier diagnoses turned out', () => {
  const logOdds = expect.closeTo(Math.log(4), 6)
  const inVain = {
    state: 'HANDED_OVER',
    rollout: { phase: 'ROLLBACK', weightPercent: 10, health: null, rolledBackBy: 'verdict' },
    verdict: { decision: 'inconclusive', noHarm: true, cured: false },
  } as unknown as Partial<IncidentRecord>
  const diagnosis = (more: object): Partial<IncidentRecord> => {
    const usual = { abstained: null, hypotheses: [{ service: 'payment', confidence: 0.8 }] }
    return { diagnosis: { ...usual, ...more } } as unknown as Partial<IncidentRecord>
  }

  it('is known where a fix of the service that was named cured it, or of another, or changed nothing', () => {
    expect(judgedDiagnoses([over()])).toEqual([{ logOdds, right: true }])
    const other = { hypotheses: [{ service: 'checkout', confidence: 0.8 }] }
    expect(judgedDiagnoses([over(diagnosis(other))])).toEqual([{ logOdds, right: false }])
    expect(judgedDiagnoses([over(inVain)])).toEqual([{ logOdds, right: false }])
  })

  it('is not known where none was named, nothing was tried, or it ended undecided', () => {
    const undecided = { ...inVain, verdict: null }
    const open = { state: 'DEPLOYING' } as const
    const unknown = [
      over(diagnosis({ abstained: 'too close' })),
      over(undecided),
      over(open),
      over({ location: null }),
    ]
    expect(judgedDiagnoses(unknown)).toEqual([])
  })

  it('is taken without what outcomes had added to it, so that none counts twice, and is never sure without end', () => {
    const [judged] = judgedDiagnoses([over(diagnosis({ confidenceShift: 1 }))])
    expect(judged?.logOdds).toBeCloseTo(Math.log(4) - 1, 6)
    const sure = { hypotheses: [{ service: 'payment', confidence: 1 }] }
    expect(judgedDiagnoses([over(diagnosis(sure))])[0]?.logOdds).toBeCloseTo(6.9, 1)
  })
})
