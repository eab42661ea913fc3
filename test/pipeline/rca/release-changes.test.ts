import { describe, expect, it } from 'vitest'
import { releaseChanges } from '../../../src/pipeline/rca/release-changes.ts'
import type { Change } from '../../../src/pipeline/signals/telemetry.ts'

const none = { completedAt: null, newInstances: [], oldInstances: [], targetReplicas: null }
const commit = (id: string, at: number, more: Partial<Change> = {}): Change => ({
  ...none,
  id,
  service: 'payment',
  kind: 'commit',
  at,
  summary: id,
  ...more,
})
const deploy = (at: number, ends: Partial<Change>): Change => ({
  ...none,
  id: `deploy-${at}`,
  service: 'payment',
  kind: 'deploy',
  at,
  summary: 'deploy',
  ...ends,
})

describe('the commits of a release', () => {
  const commits = [commit('c3', 30), commit('c4', 40), commit('c5', 50)]
  const brought = (changes: readonly Change[]) =>
    releaseChanges(changes).map((release) => release.commits.map(({ id }) => id).join(' '))

  it('are those after the commit that ran before, up to the one deployed, whenever they were written', () => {
    const first = deploy(100, { commit: 'c3' })
    const second = deploy(110, { commit: 'c5', previousCommit: 'c3' })
    expect(brought([...commits, first, second])).toEqual(['c3', 'c5 c4'])
  })

  it('are not those of a later release, where the deployed commit is older than all that are known', () => {
    const first = deploy(100, { commit: 'c1' })
    const second = deploy(110, { commit: 'c5', previousCommit: 'c1' })
    expect(brought([...commits, first, second])).toEqual(['', 'c5 c4 c3'])
  })

  it('are none where what runs went into production long ago: what was written since waits for a deploy', () => {
    const standing = deploy(5, { commit: 'c1' })
    expect(releaseChanges([standing, ...commits], 20)).toEqual([])
    expect(releaseChanges(commits, 20).map(({ change }) => change.id)).toEqual(['c5', 'c4', 'c3'])
  })

  it('are those after what ran before the window, where the deploy itself does not say what that was', () => {
    const [release, ...others] = releaseChanges(
      [deploy(5, { commit: 'c3' }), ...commits, deploy(60, { commit: 'c5' })],
      20,
    )
    expect(release?.commits.map(({ id }) => id)).toEqual(['c5', 'c4'])
    expect(others).toEqual([])
  })

  it('are those written since the deploy before, where no commit is named', () => {
    expect(brought([...commits, deploy(35, {}), deploy(60, {})])).toEqual(['c3', 'c5 c4'])
  })

  it('are in the order of their parents where clocks differ', () => {
    const ahead = [
      commit('c1', 30),
      commit('c2', 90, { previousCommit: 'c1' }),
      commit('c3', 40, { previousCommit: 'c2' }),
    ]
    const [first, second] = [
      deploy(100, { commit: 'c2', previousCommit: 'c1' }),
      deploy(110, { commit: 'c3' }),
    ]
    expect(brought([...ahead, first, second])).toEqual(['c2', 'c3'])
  })

  it('are with a merge those that it brought, however old, and no others', () => {
    const merge = commit('m', 50)
    const merged = [commit('i1', 1, { mergedBy: 'm' }), commit('i2', 2, { mergedBy: 'm' })]
    const later = [commit('m2', 60), commit('i3', 3, { mergedBy: 'm2' })]
    const release = deploy(100, { commit: 'm', previousCommit: 'c4' })
    expect(brought([...commits.slice(0, 2), merge, ...merged, ...later, release])).toEqual(['m i2 i1'])
  })

  it('are not those that it took back itself; the revert comes last', () => {
    const revert = commit('r', 60, { reverts: ['c4'] })
    const release = deploy(100, { commit: 'r', previousCommit: 'c1' })
    expect(brought([...commits, revert, release])).toEqual(['c5 c3 r'])
  })

  it('are those that were taken back only after the deploy, and a revert of what was released before', () => {
    const revert = commit('r', 60, { reverts: ['c4'] })
    const first = deploy(55, { commit: 'c5', previousCommit: 'c3' })
    const second = deploy(100, { commit: 'r', previousCommit: 'c5' })
    expect(brought([...commits, revert, first, second])).toEqual(['c5 c4', 'r'])
  })

  it('are again those whose revert was itself taken back', () => {
    const reverts = [commit('r', 60, { reverts: ['c4'] }), commit('rr', 70, { reverts: ['r'] })]
    const release = deploy(100, { commit: 'rr', previousCommit: 'c3' })
    expect(brought([...commits, ...reverts, release])).toEqual(['c5 c4 rr'])
  })

  it('are no candidates by themselves once they were taken back', () => {
    const loose = releaseChanges([...commits, commit('r', 60, { reverts: ['c5', 'c3'] })])
    expect(loose.map(({ change }) => change.id)).toEqual(['r', 'c4'])
  })
})
