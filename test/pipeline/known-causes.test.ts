import { describe, expect, it } from 'vitest'
import { knownCauses } from '../../src/pipeline/known-causes.ts'
import { AT_MS, diagnosis, incident, recordAfter } from '../support/incident-records.ts'

describe('the causes that open incidents have named', () => {
  const opened = { kind: 'opened', incident } as const
  const diagnosed = recordAfter(opened, {
    kind: 'diagnosed',
    diagnosis: { ...diagnosis, onsetMs: AT_MS - 20_000 },
  })

  it('are told with their service, and since when they are at work', () => {
    const { incidentId, title } = incident
    expect(knownCauses([diagnosed])).toEqual([
      { incidentId, title, service: diagnosis.hypotheses[0]?.service, since: (AT_MS - 20_000) / 1000 },
    ])
  })

  it('are not told of one that is not diagnosed yet, nor of one that found none', () => {
    const abstained = recordAfter(opened, {
      kind: 'diagnosed',
      diagnosis: { ...diagnosis, abstained: 'too close' },
    })
    expect(knownCauses([recordAfter(opened), abstained])).toEqual([])
  })
})
