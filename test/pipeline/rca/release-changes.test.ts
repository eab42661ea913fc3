import { describe, expect, it } from 'vitest'
import { releaseChanges } from '../../../src/pipeline/rca/release-changes.ts'
import type { Change } from '../../../src/pipeline/signals/telemetry.ts'

const none = { completedAt: null, newInstances: [], oldInstances: [], targetReplicas: null }
const commit = (id: string, at: number): Change => ({
  ...none,
  id,
  service: 'payment',
  kind: 'commit',
  at,
  summary: id,
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
})
