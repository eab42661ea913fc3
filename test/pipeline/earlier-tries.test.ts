import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/pipeline/contracts.ts'
import { earlierTries } from '../../src/pipeline/earlier-tries.ts'
import { AT_MS, failedReport, patch, rollout } from '../support/incident-records.ts'

const NOTHING: Attempt = {
  diagnosis: null,
  location: null,
  plan: null,
  patch: null,
  gates: null,
  approval: null,
  rollout: null,
  verdict: null,
  handOver: null,
  endedAtMs: AT_MS,
}
const handedOver = (reason: string) => ({ reason, atMs: AT_MS })

describe('earlier tries at an incident', () => {
  it('say why each was handed over', () =>
    expect(earlierTries([{ ...NOTHING, handOver: handedOver('no fix can be proposed') }])).toEqual([
      'no fix can be proposed',
    ]))

  it('say which fix it was and what its gates found', () => {
    const [said] = earlierTries([
      { ...NOTHING, patch, gates: failedReport, handOver: handedOver('a gate stopped it') },
    ])
    const failed = failedReport.results.find(({ status }) => status === 'failed')
    expect(said).toContain(`${patch.title}: a gate stopped it (${failed?.gate}: ${failed?.summary})`)
  })

  it('say why a canary went back', () => {
    const back = { ...rollout, rollbackReason: 'the canary fails more often' }
    expect(earlierTries([{ ...NOTHING, patch, rollout: back }])).toEqual([
      `${patch.title}: the canary fails more often`,
    ])
  })

  it('say nothing of one that only gave way to the next', () => expect(earlierTries([NOTHING])).toEqual([]))
})
