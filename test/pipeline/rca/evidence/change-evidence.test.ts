import { describe, expect, it } from 'vitest'
import { commitObservations } from '../../../../src/pipeline/rca/evidence/commit-evidence.ts'
import { extractCandidates } from '../../../../src/pipeline/rca/extract-candidates.ts'
import type { FeatureName } from '../../../../src/pipeline/rca/features.ts'
import { releaseChanges } from '../../../../src/pipeline/rca/release-changes.ts'
import { withoutRollouts } from '../../../../src/pipeline/rca/without-rollouts.ts'
import type { IncidentCase } from '../../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, logLine, NOW, series, SETTINGS, shopMetrics } from '../builders.ts'

function valueOf(one: IncidentCase, change: string, feature: FeatureName): number {
  const candidate = extractCandidates(one, SETTINGS).candidates.find((each) => each.change?.id === change)
  return candidate?.observations.find((each) => each.feature === feature)?.value ?? 0
}

describe('what a change says', () => {
  it('weighs half as much a half-life earlier', () => {
    const changes = [
      deploy({ id: 'now', service: 'payment', at: NOW }),
      deploy({ id: 'old', service: 'payment', at: NOW - SETTINGS.changeHalfLifeMs / 1000 }),
    ]
    const one = incidentCase({ changes })
    expect(valueOf(one, 'now', 'changeRecent')).toBe(1)
    expect(valueOf(one, 'old', 'changeRecent')).toBeCloseTo(0.5)
  })

  it('is told by new instances that fare worse than the old', () => {
    const ofInstance = (instance: string, level: number) =>
      series({ service: 'payment', name: 'success_ratio', instance, before: 1, during: level, sinceS: 60 })
    const changes = [deploy({ id: 'd', service: 'payment', newInstances: ['new'], oldInstances: ['old'] })]
    const worse = incidentCase({ metrics: [ofInstance('new', 0.5), ofInstance('old', 1)], changes })
    const alike = incidentCase({ metrics: [ofInstance('new', 1), ofInstance('old', 1)], changes })
    expect(valueOf(worse, 'd', 'changeInstances')).toBeGreaterThan(2)
    expect(valueOf(alike, 'd', 'changeInstances')).toBe(0)
    expect(valueOf(worse, 'd', 'unchangedFailToo')).toBe(0)
  })

  it('is on the path where its service or what calls it misbehaves', () => {
    const metrics = shopMetrics({ checkout: { success: 0.6 } })
    const changes = [deploy({ id: 'below', service: 'payment' }), deploy({ id: 'above', service: 'gateway' })]
    const one = incidentCase({ metrics, changes })
    expect(valueOf(one, 'below', 'changeOnPath')).toBeGreaterThan(2)
    expect(valueOf(one, 'above', 'changeOnPath')).toBeLessThan(0.5)
  })
})

describe('commits', () => {
  const commit = (id: string, at: number, files: readonly string[] = []) =>
    deploy({ id, service: 'payment', kind: 'commit', at, summary: id, files })

  it('are inside the deploy that brought them, newest first', () => {
    const changes = [
      commit('c1', 100),
      commit('c2', 200),
      commit('c3', 300),
      commit('c4', 400),
      deploy({ id: 'd', service: 'payment', at: 1000, commit: 'c3', previousCommit: 'c1' }),
    ]
    const [release] = releaseChanges(changes)
    expect(release?.commits.map(({ id }) => id)).toEqual(['c3', 'c2'])
  })

  it('fall to the deploy after them where deploys name no commits, and not to a later one', () => {
    const changes = [
      commit('c1', 100),
      deploy({ id: 'd1', service: 'payment', at: 150 }),
      commit('c2', 200),
      deploy({ id: 'd2', service: 'payment', at: 250 }),
      commit('c3', 300),
    ]
    expect(
      releaseChanges(changes).map(({ change, commits }) => [change.id, ...commits.map(({ id }) => id)]),
    ).toEqual([
      ['d1', 'c1'],
      ['d2', 'c2'],
    ])
  })

  it('are weighed themselves, the newest few, where deploys are not known', () => {
    const changes = Array.from({ length: 9 }, (_, k) => commit(`c${k}`, k))
    expect(releaseChanges(changes).map(({ change }) => change.id)).toEqual(['c8', 'c7', 'c6'])
  })

  it('speak for their deploy where they touched the file that throws', () => {
    const logs = [
      logLine(
        'payment',
        5,
        'ERROR charge failed\nTraceback (most recent call last):\n  File "/app/payment/receipt.py", line 41, in lines\n    x = None["a"]\nTypeError: no',
      ),
    ]
    const touching = (files: readonly string[]) => {
      const releases = releaseChanges([
        commit('c1', NOW - 500, files),
        deploy({ id: 'd', service: 'payment' }),
      ])
      return [...commitObservations(releases, { logs, spans: [], onset: NOW - 60 }).values()][0]?.[0]?.value
    }
    expect(touching(['payment/receipt.py'])).toBe(1)
    expect(touching(['payment/fees.py'])).toBe(0)
    expect(touching([])).toBeUndefined()
  })
})

describe('a rollout under way', () => {
  it('excuses the processor time of its own service while it lasts, and nothing else', () => {
    const changes = [deploy({ id: 'd', service: 'payment', at: NOW - 100, completedAt: NOW - 80 })]
    const [cpu, latency, other] = withoutRollouts(
      [
        series({ service: 'payment', name: 'cpu_usage', before: 1 }),
        series({ service: 'payment', name: 'latency_p95', before: 1 }),
        series({ service: 'gateway', name: 'cpu_usage', before: 1 }),
      ],
      changes,
      10,
    )
    const hidden = (cpu?.t ?? []).filter((_, k) => cpu?.v[k] === null).map((t) => NOW - t)
    expect(hidden).toEqual([110, 100, 90, 80, 70])
    expect(latency?.v).not.toContain(null)
    expect(other?.v).not.toContain(null)
  })
})
