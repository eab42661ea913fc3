import { renameSync, rmSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ClonedRepositories } from '../../../src/integrations/git/clones.ts'
import { CommitChanges } from '../../../src/integrations/git/commit-changes.ts'
import type { Change } from '../../../src/pipeline/signals/telemetry.ts'
import { FIRST_COMMIT_MS, TemporaryRepository, aService, temporaryDirectory } from './temp-repository.ts'

const HOUR_MS = 3_600_000

describe('commits as changes', () => {
  const window = { services: ['payment'], fromMs: FIRST_COMMIT_MS, toMs: FIRST_COMMIT_MS + 100 * HOUR_MS }

  function changesOf(repository: TemporaryRepository, limit?: number): CommitChanges {
    const services = [
      aService({ repository: repository.directory }),
      aService({ name: 'other', repository: '/nowhere' }),
    ]
    return new CommitChanges(
      services,
      new ClonedRepositories(temporaryDirectory()),
      limit === undefined ? {} : { limit },
    )
  }

  it('are those up to the end of the window, oldest first, with their files', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('one', { 'a.py': '1\n' })
    const second = repository.commit('two', { 'a.py': '2\n', 'b.py': '2\n' })
    repository.commit('three', { 'a.py': '3\n' })
    const early = { ...window, toMs: FIRST_COMMIT_MS + 2 * HOUR_MS }
    const changes = await changesOf(repository).changesBetween(early)
    const shared = { kind: 'commit', service: 'payment' }
    expect(changes).toMatchObject([
      { ...shared, id: first, summary: 'one', files: ['a.py'], commit: first },
      { ...shared, id: second, summary: 'two', files: ['a.py', 'b.py'], previousCommit: first },
    ])
    expect(changes[1]?.at).toBe((FIRST_COMMIT_MS + 2 * HOUR_MS) / 1000)
  })

  it('tell a merge with the commits that it brought, and a revert with those that it takes back', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    repository.git('checkout', '--quiet', '-b', 'feature')
    const inner = repository.commit('inner', { 'b.py': '2\n' })
    repository.git('checkout', '--quiet', 'main')
    repository.commit('beside', { 'a.py': '2\n' })
    const merge = repository.merge('Merge feature', 'feature')
    repository.git('revert', '--no-edit', '-m', '1', merge)
    const changes = await changesOf(repository).changesBetween(window)
    const told = changes.map(({ summary, files, mergedBy }) => [summary, files, mergedBy])
    expect(told.toSorted()).toEqual([
      ['Merge feature (merge of 1 commit)', [], undefined],
      ['Revert "Merge feature"', ['b.py'], undefined],
      ['beside', ['a.py'], undefined],
      ['inner', ['b.py'], merge],
      ['one', ['a.py'], undefined],
    ])
    expect(changes.find(({ summary }) => summary.startsWith('Revert'))?.reverts?.toSorted()).toEqual(
      [inner, merge].toSorted(),
    )
  })

  it('know a revert whose message names no commit by the subject that it quotes', async () => {
    const repository = new TemporaryRepository()
    const target = repository.commit('fees: maestro', { 'a.py': '1\n' })
    repository.commit('Revert "fees: maestro" (#12)', { 'a.py': null })
    const changes = await changesOf(repository).changesBetween(window)
    expect(changes.map(({ reverts }) => reverts)).toEqual([undefined, [target]])
  })

  it('give to a merge only what came with it: not what its branch was made from', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    repository.git('checkout', '--quiet', '-b', 'first')
    repository.commit('inner 1', { 'b.py': '1\n' })
    repository.git('checkout', '--quiet', 'main')
    const first = repository.merge('Merge first', 'first')
    repository.git('checkout', '--quiet', '-b', 'second')
    repository.commit('inner 2', { 'c.py': '1\n' })
    repository.git('checkout', '--quiet', 'main')
    const second = repository.merge('Merge second', 'second')
    const changes = await changesOf(repository).changesBetween(window)
    const brought = changes.filter(({ mergedBy }) => mergedBy !== undefined)
    expect(brought.map(({ summary, mergedBy }) => [summary, mergedBy])).toEqual([
      ['inner 1', first],
      ['inner 2', second],
    ])
  })

  it('say which functions they touched, in each language', async () => {
    const repository = new TemporaryRepository()
    const python = (rate: string): string =>
      `class Receipt:\n    def total(self):\n        a = 1\n        b = 2\n        c = 3\n        d = ${rate}\n        return d\n`
    const script = (rate: string): string =>
      `export const total = (order) => {\n  const a = 1\n  const b = 2\n  list.map((x) => {\n    return ${rate}\n  })\n}\n`
    repository.commit('one', { 'a.py': python('4'), 'a.js': script('4'), 'A.java': '', 'a.go': '' })
    repository.commit('two', { 'a.py': python('5') })
    repository.commit('three', { 'a.js': script('5') })
    repository.commit('four', { 'a.go': 'package a\n\nfunc (s *Server) Handle() {\n}\n' })
    repository.commit('five', {
      'A.java': 'class A {\n  private static int cents(Order order) {\n    return 1;\n  }\n}\n',
    })
    const changes = await changesOf(repository).changesBetween(window)
    expect(changes.slice(1).map(({ symbols }) => symbols)).toEqual([
      ['total'],
      ['total'],
      ['Handle'],
      ['A', 'cents'],
    ])
  })

  it('are read however old they are, for a release may hold them', async () => {
    const repository = new TemporaryRepository()
    const old = repository.commit('one', { 'a.py': '1\n' })
    const late = { ...window, fromMs: window.toMs - HOUR_MS }
    expect((await changesOf(repository).changesBetween(late)).map(({ id }) => id)).toEqual([old])
  })

  it('are those of what was deployed as well, where that is on no branch of a service', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    repository.git('checkout', '--quiet', '-b', 'hotfix')
    const hotfix = repository.commit('hotfix', { 'a.py': '2\n' })
    repository.git('checkout', '--quiet', 'main')
    const deploy = (commit: string): Change => ({
      id: commit,
      service: 'payment',
      kind: 'deploy',
      at: 1,
      summary: '',
      completedAt: null,
      newInstances: [],
      oldInstances: [],
      targetReplicas: null,
      commit,
    })
    const deploys = { changesBetween: async () => [deploy(hotfix), deploy('1'.repeat(40)), deploy('--all')] }
    const source = new CommitChanges(
      [aService({ repository: repository.directory })],
      new ClonedRepositories(temporaryDirectory()),
      { deploys },
    )
    const changes = await source.changesBetween(window)
    expect(changes.map(({ summary }) => summary)).toEqual(['one', 'hotfix'])
  })

  it('are the newest where there are too many', async () => {
    const repository = new TemporaryRepository()
    for (const subject of ['one', 'two', 'three']) repository.commit(subject, { 'a.py': `${subject}\n` })
    const changes = await changesOf(repository, 2).changesBetween(window)
    expect(changes.map((change) => change.summary)).toEqual(['two', 'three'])
  })

  it('that cannot be read cost only their own service, which is said', async () => {
    const repository = new TemporaryRepository()
    const commit = repository.commit('one', { 'a.py': '1\n' })
    const said: string[] = []
    const services = { ...window, services: ['payment', 'other'] }
    const changes = await changesOf(repository).changesBetween(services, (text) => said.push(text))
    expect(changes.map(({ id }) => id)).toEqual([commit])
    expect(said).toEqual([expect.stringContaining('other')])
    const none = changesOf(repository).changesBetween({ ...window, services: ['other'] })
    await expect(none).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('other'),
    })
  })

  it('of a repository that is out of reach are those last known, which is said', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    const source = changesOf(repository)
    await source.changesBetween(window)
    renameSync(repository.directory, `${repository.directory}-away`)
    onTestFinished(() => rmSync(`${repository.directory}-away`, { recursive: true }))
    const said: string[] = []
    expect(await source.changesBetween(window, (text) => said.push(text))).toHaveLength(1)
    expect(said).toEqual([expect.stringMatching(/^commits: .*last known state is used/)])
  })
})
