import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/pipeline/contracts.ts'
import { startRollout } from '../../../src/pipeline/deployment/start-rollout.ts'

const SLOW: Fault = { kind: 'slow-answers', because: 'latency p95 rose', usualMs: 20 }
const reading = {
  atMs: 1,
  version: 'v1',
  requests: 1000,
  errors: 0,
  buckets: [10, 25, 100, 250, 500, 2500].map((leMs, at) => ({
    leMs,
    count: [600, 700, 750, 760, 780, 1000][at] ?? 0,
  })),
}

const started = (changes: Partial<Parameters<typeof startRollout>[0]> = {}) =>
  startRollout({
    incidentId: 'INC-1',
    service: 'payment',
    commit: 'c0ffee',
    controlVersion: 'v1',
    canaryVersion: 'v2',
    controlReading: reading,
    fault: SLOW,
    latencyP95Ms: 300,
    quickShare: 0,
    nowMs: 5,
    deadlineMs: 10,
    ...changes,
  })

describe('a rollout at rest', () => {
  it('has the incident of slow answers to cure, slow being what the objective forbids', () => {
    expect(started()).toMatchObject({ cures: ['slow_ratio'], latencyEdgesMs: [10, 2500, 2500, 250] })
  })

  it('takes the usual for the objective where the service has none', () => {
    expect(started({ latencyP95Ms: null }).latencyEdgesMs).toEqual([10, 2500, 2500, 25])
  })

  it('finds no answer slow within the share of the objective that is quick, however quick the control is', () => {
    const fault: Fault = { kind: 'exception', because: 'TypeError' }
    const edges = (quickShare: number, latencyP95Ms: number | null = 300) =>
      started({ fault, quickShare, latencyP95Ms }).latencyEdgesMs
    expect(edges(0)).toEqual([10, 2500, 2500])
    expect(edges(0.1)).toEqual([100, 2500, 2500])
    expect(edges(1)).toEqual([500, 2500, 2500])
    expect(edges(0.1, null)).toEqual([10, 2500, 2500])
    expect(edges(1, 9_000)).toEqual([2500, 2500, 2500])
  })

  it('has an exhausted resource to cure by its growth as well: errors are gone in all that has just started', () => {
    const fault: Fault = { kind: 'exhaustion', resource: 'open files', because: 'EMFILE', perRequest: 0.98 }
    expect(started({ fault })).toMatchObject({
      cures: ['error_ratio', 'growth'],
      growthBefore: { resource: 'open files', perRequest: 0.98 },
    })
    expect(started({ fault: { ...fault, perRequest: null } }).growthBefore).toBeUndefined()
  })

  it.each<[string, Fault | undefined]>([
    ['of an exception', { kind: 'exception', because: 'TypeError' }],
    ['of errors', { kind: 'errors', because: 'success fell' }],
    ['that is not classified', undefined],
  ])('has the errors to cure in an incident %s, and no edge for slow answers', (_, fault) => {
    expect(started({ fault })).toMatchObject({ cures: ['error_ratio'], latencyEdgesMs: [10, 2500, 2500] })
  })

  it('has no edge where no histogram is measured, or where all its edges lie beyond the objective', () => {
    expect(started({ controlReading: null }).latencyEdgesMs).toEqual([])
    expect(started({ latencyP95Ms: 5 }).latencyEdgesMs).toEqual([10, 2500, 2500])
  })
})
