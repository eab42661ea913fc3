import { describe, expect, it } from 'vitest'
import { latestRelease } from '../../bench/rca/baselines/latest-release.ts'
import { nSigma } from '../../bench/rca/baselines/n-sigma.ts'
import { prism } from '../../bench/rca/baselines/prism.ts'
import { robustScorer } from '../../bench/rca/baselines/robust-scorer.ts'
import { traversal } from '../../bench/rca/baselines/traversal.ts'
import { deploy, incidentCase, NOW, series, shopMetrics } from '../pipeline/rca/builders.ts'

const SINCE = { sinceS: 200 }

describe('the baselines of the bench', () => {
  it.each([nSigma, robustScorer, prism])('$name puts what left its past furthest first', ({ rank }) => {
    const metrics = shopMetrics({ payment: { cpu: 90 }, gateway: { latency: 0.052 } }, SINCE)
    expect(rank(incidentCase({ metrics }))?.services[0]).toBe('payment')
  })

  it('score a rise by its sign, as published: a success ratio that falls moves neither scorer', () => {
    const metrics = [
      series({ service: 'payment', name: 'success_ratio', before: 0.99, during: 0.2, ...SINCE }),
      series({ service: 'gateway', name: 'cpu_usage', before: 20, during: 22, ...SINCE }),
    ]
    for (const { rank } of [nSigma, robustScorer])
      expect(rank(incidentCase({ metrics }))?.services[0]).toBe('gateway')
    expect(prism.rank(incidentCase({ metrics }))?.services[0]).toBe('payment')
  })

  const symptom = { service: 'gateway', metric: 'latency_p95' }

  it('the traversal follows abnormal nodes down to the last', () => {
    const metrics = shopMetrics(
      { gateway: { latency: 0.5 }, checkout: { latency: 0.5 }, payment: { latency: 0.5 } },
      SINCE,
    )
    expect(traversal.rank(incidentCase({ metrics, symptom }))?.services).toEqual(['payment'])
  })

  it('the traversal abstains where what was reported is as usual, and needs a symptom and a graph', () => {
    const metrics = shopMetrics({ payment: { latency: 0.5 } }, SINCE)
    expect(traversal.rank(incidentCase({ metrics, symptom }))?.services).toEqual([])
    expect(traversal.rank(incidentCase({ metrics, symptom, topology: null }))).toBeNull()
    expect(traversal.rank(incidentCase({ metrics }))).toBeNull()
  })

  it('the latest release is the newest, and none where nothing was changed', () => {
    const changes = [
      deploy({ id: 'old', service: 'checkout', at: NOW - 900 }),
      deploy({ id: 'new', service: 'payment', at: NOW - 60 }),
    ]
    expect(latestRelease.rank(incidentCase({ changes }))).toEqual({
      services: ['payment', 'checkout'],
      change: 'new',
    })
    expect(latestRelease.rank(incidentCase())).toBeNull()
  })
})
