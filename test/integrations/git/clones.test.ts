import { chownSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ClonedRepositories } from '../../../src/integrations/git/clones.ts'
import { CommitChanges } from '../../../src/integrations/git/commit-changes.ts'
import { GitPatchRepository } from '../../../src/integrations/git/patch-repository.ts'
import { FIRST_COMMIT_MS, TemporaryRepository, aService, temporaryDirectory } from './temp-repository.ts'

const HOUR_MS = 3_600_000

function patched(directory: string, base: string, content = 'y\n', branch = 'ccp/fix'): Promise<string> {
  const files = [{ path: 'a.py', content }]
  return new GitPatchRepository(directory).commitFiles({ base, branch, files, message: 'm', atMs: 0 })
}

describe('the clone of a service', () => {
  it('is made once, follows its branch, and keeps the patches made in it', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory())
    const clone = await clones.open(service)
    expect(clone).toMatchObject({ head: first, stale: null })
    const patch = await patched(clone.directory, first)
    const second = repository.commit('b', { 'a.py': 'z\n' })
    const again = await clones.open(service)
    expect(again).toEqual({ directory: clone.directory, head: second, stale: null })
    expect(await new GitPatchRepository(clone.directory).readFile(patch, 'a.py')).toBe('y\n')
  })

  it('asked for by many at once is made by one', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'x\n' })
    const cache = temporaryDirectory()
    const clones = new ClonedRepositories(cache)
    const services = ['payment', 'refunds', 'payment'].map((name) =>
      aService({ name, repository: repository.directory }),
    )
    const opened = await Promise.all(services.map((service) => clones.open(service)))
    expect(new Set(opened.map((clone) => clone.directory)).size).toBe(1)
    expect(readdirSync(cache).filter((name) => name.endsWith('.git'))).toHaveLength(1)
    expect(readdirSync(cache).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('that is fresh is not fetched again', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'a.py': 'x\n' })
    let nowMs = 0
    const clones = new ClonedRepositories(temporaryDirectory(), { freshMs: 1_000, nowMs: () => nowMs })
    const service = aService({ repository: repository.directory })
    await clones.open(service)
    const second = repository.commit('b', { 'a.py': 'y\n' })
    nowMs = 999
    expect((await clones.open(service)).head).toBe(first)
    nowMs = 1_000
    expect((await clones.open(service)).head).toBe(second)
  })

  it('of a repository that is missing names service, path and mend', async () => {
    const missing = join(temporaryDirectory(), 'gone')
    const opened = new ClonedRepositories(temporaryDirectory()).open(aService({ repository: missing }))
    await expect(opened).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(new RegExp(`payment.*${missing}`)),
      mend: expect.stringContaining('services.yaml'),
    })
  })

  it('of a directory that is no repository, or lacks the branch, is not made', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'x\n' })
    const clones = new ClonedRepositories(temporaryDirectory())
    const plain = clones.open(aService({ repository: temporaryDirectory() }))
    await expect(plain).rejects.toMatchObject({ code: 'not-found' })
    const branchless = clones.open(aService({ repository: repository.directory, branch: 'prod' }))
    await expect(branchless).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('prod'),
    })
  })

  it.each(['ext::sh -c true', '--upload-pack=true'])('is never made by running %j', async (repository) => {
    const opened = new ClonedRepositories(temporaryDirectory()).open(aService({ repository }))
    await expect(opened).rejects.toMatchObject({ code: 'bad-config' })
  })

  it('does not show a password of the URL', async () => {
    const repository = 'http://app:hunter2@127.0.0.1:1/x.git'
    const opened = new ClonedRepositories(temporaryDirectory()).open(aService({ repository }))
    await expect(opened).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.not.stringContaining('hunter2'),
    })
  })

  it('that cannot be fetched any more is given as it last was, and says why', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory())
    await clones.open(service)
    writeFileSync(join(repository.directory, '.git/refs/heads/main'), `${'1'.repeat(40)}\n`)
    expect(await clones.open(service)).toMatchObject({ head, stale: expect.stringContaining('payment') })
    renameSync(repository.directory, `${repository.directory}-away`)
    onTestFinished(() => rmSync(`${repository.directory}-away`, { recursive: true }))
    await expect(clones.open(service)).rejects.toMatchObject({ code: 'not-found' })
  })

  it.skipIf(process.getuid?.() !== 0)('is made of a repository that somebody else owns', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    for (const path of ['.', '.git']) chownSync(join(repository.directory, path), 12345, 12345)
    const clones = new ClonedRepositories(temporaryDirectory())
    expect(await clones.open(aService({ repository: repository.directory }))).toMatchObject({ head })
  })
})

describe('a push', () => {
  it('brings a branch to where the clone came from, and made again does nothing', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory())
    const patch = await patched((await clones.open(service)).directory, head)
    await clones.push(service, 'ccp/fix')
    await clones.push(service, 'ccp/fix')
    await clones.open(service)
    await clones.push(service, 'ccp/fix')
    expect(repository.git('rev-parse', 'ccp/fix')).toBe(patch)
    expect(repository.head()).toBe(head)
  })

  it('does not replace a branch that somebody else made', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory())
    await patched((await clones.open(service)).directory, head)
    repository.git('branch', 'ccp/fix')
    await expect(clones.push(service, 'ccp/fix')).rejects.toMatchObject({ code: 'conflict' })
    expect(repository.git('rev-parse', 'ccp/fix')).toBe(head)
  })

  it('runs no hook of the clone', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory())
    const { directory } = await clones.open(service)
    expect(existsSync(join(directory, 'hooks'))).toBe(false)
    await patched(directory, head)
    await clones.push(service, 'ccp/fix')
    expect(repository.git('branch', '--list', 'ccp/fix')).toContain('ccp/fix')
  })
})

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

  it('are those of the window, oldest first, with their files', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    const second = repository.commit('two', { 'a.py': '2\n', 'b.py': '2\n' })
    repository.commit('three', { 'a.py': '3\n' })
    const changes = await changesOf(repository).changesBetween({
      ...window,
      fromMs: FIRST_COMMIT_MS + 2 * HOUR_MS,
      toMs: FIRST_COMMIT_MS + 2 * HOUR_MS,
    })
    expect(changes).toMatchObject([
      {
        id: second,
        kind: 'commit',
        service: 'payment',
        summary: 'two',
        files: ['a.py', 'b.py'],
        commit: second,
      },
    ])
    expect(changes[0]?.at).toBe((FIRST_COMMIT_MS + 2 * HOUR_MS) / 1000)
  })

  it('tell a merge by what it brought in, and a revert by what it takes back', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    repository.git('checkout', '--quiet', '-b', 'feature')
    const inner = repository.commit('inner', { 'b.py': '2\n' })
    repository.git('checkout', '--quiet', 'main')
    repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge feature', 'feature')
    repository.commit(`Revert "inner"\n\nThis reverts commit ${inner}.`, { 'b.py': null })
    const changes = await changesOf(repository).changesBetween(window)
    expect(changes.map((change) => [change.summary, change.files])).toEqual([
      ['one', ['a.py']],
      ['Merge feature (merge, 1 file)', ['b.py']],
      [`Revert "inner" (takes back ${inner.slice(0, 12)})`, ['b.py']],
    ])
  })

  it('are the newest where there are too many', async () => {
    const repository = new TemporaryRepository()
    for (const subject of ['one', 'two', 'three']) repository.commit(subject, { 'a.py': `${subject}\n` })
    const changes = await changesOf(repository, 2).changesBetween(window)
    expect(changes.map((change) => change.summary)).toEqual(['two', 'three'])
  })

  it('that cannot be read are said to be unavailable, naming the service', async () => {
    const repository = new TemporaryRepository()
    repository.commit('one', { 'a.py': '1\n' })
    const read = changesOf(repository).changesBetween({ ...window, services: ['payment', 'other'] })
    await expect(read).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('other'),
    })
  })
})
