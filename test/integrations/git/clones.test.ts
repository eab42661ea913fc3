import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ClonedRepositories, type CloneOptions } from '../../../src/integrations/git/clones.ts'
import { GitPatchRepository } from '../../../src/integrations/git/patch-repository.ts'
import { TemporaryRepository, aService, temporaryDirectory } from './temp-repository.ts'

function patched(directory: string, base: string, content = 'y\n', branch = 'ccp/fix'): Promise<string> {
  const files = [{ path: 'a.py', content }]
  return new GitPatchRepository(directory).commitFiles({ base, branch, files, message: 'm', atMs: 0 })
}

function emptyObjects(directory: string): void {
  rmSync(join(directory, 'objects'), { recursive: true })
  mkdirSync(join(directory, 'objects'))
}

/** Where a loose object is kept. */
function objectOf(directory: string, hash: string): string {
  return join(directory, 'objects', hash.slice(0, 2), hash.slice(2))
}

/** A repository behind a web server that can stop to answer. */
async function behindServer(options: CloneOptions) {
  const repository = new TemporaryRepository()
  repository.commit('a', { 'a.py': 'x\n' })
  repository.git('update-server-info')
  const silenced: ServerResponse[] = []
  let isSilent = false
  const server = createServer((request, response) => {
    if (isSilent) return void silenced.push(response)
    const file = join(repository.directory, (request.url ?? '').replace(/\?.*$/, ''))
    if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const remote = {
    fallSilent: () => void (isSilent = true),
    speak: () => silenced.forEach((response) => response.destroy()),
  }
  const service = aService({ repository: `http://127.0.0.1:${port}/.git` })
  return { service, remote, clones: new ClonedRepositories(temporaryDirectory(), options) }
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
    const said =
      /payment is missing.*its last known state is used, fetched at 20\d\d-\d\d-\d\d \d\d:\d\d UTC$/
    expect(await clones.open(service)).toMatchObject({ head, stale: expect.stringMatching(said) })
  })

  it('that could not be fetched a moment ago is given at once, with the same reason', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    let nowMs = 0
    const clones = new ClonedRepositories(temporaryDirectory(), { freshMs: 1_000, nowMs: () => nowMs })
    await clones.open(service)
    renameSync(repository.directory, `${repository.directory}-away`)
    nowMs = 1_000
    const first = await clones.open(service)
    renameSync(`${repository.directory}-away`, repository.directory)
    nowMs = 1_999
    expect(await clones.open(service)).toEqual(first)
    expect(first.stale).not.toBeNull()
    nowMs = 2_000
    expect((await clones.open(service)).stale).toBeNull()
  })

  it('is given without waiting for a remote that does not answer', async () => {
    const { service, clones, remote } = await behindServer({ patienceMs: 50 })
    const { head } = await clones.open(service)
    remote.fallSilent()
    const clone = await clones.open(service)
    expect(clone).toMatchObject({
      head,
      stale: expect.stringMatching(/has not answered yet; its last known/),
    })
    remote.speak()
  })

  it('that was cut off in the middle of a fetch is fetched again, when the lock is old enough to be nobody’s', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const clones = new ClonedRepositories(temporaryDirectory(), { fetchTimeoutMs: 60_000 })
    const { directory } = await clones.open(service)
    const second = repository.commit('b', { 'a.py': 'y\n' })
    const lock = join(directory, 'refs/remotes/origin/main.lock')
    writeFileSync(lock, '')
    expect(await clones.open(service)).toMatchObject({
      head: first,
      stale: expect.stringContaining('main.lock'),
    })
    utimesSync(lock, 1, 1)
    expect(await clones.open(service)).toMatchObject({ head: second, stale: null })
  })

  it.each<[string, (directory: string) => void]>([
    ['an empty branch', (directory) => writeFileSync(join(directory, 'refs/remotes/origin/main'), '')],
    ['no objects', (directory) => emptyObjects(directory)],
    ['a broken HEAD', (directory) => writeFileSync(join(directory, 'HEAD'), 'x')],
  ])('with %s is made anew, and what the bot wrote is carried over', async (_, damage) => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const cache = temporaryDirectory()
    const { directory } = await new ClonedRepositories(cache).open(service)
    const patch = await patched(directory, head)
    damage(directory)
    const said: string[] = []
    const again = new ClonedRepositories(cache, { report: (text) => said.push(text) })
    expect(await again.open(service)).toEqual({ directory, head, stale: null })
    expect(said.join()).toContain('was damaged and has been made anew')
    const kept = await new GitPatchRepository(directory).readFile('ccp/fix', 'a.py').catch(() => null)
    // Nothing can be carried over where the objects are gone, or the repository is none any more: that is said.
    if (kept === null) expect(said.join()).toMatch(/ccp\/fix|HEAD|damaged/)
    else expect(patch).toMatch(/^[0-9a-f]{40}$/)
    expect(readdirSync(cache).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('that is damaged while its remote is away is not thrown away', async () => {
    const repository = new TemporaryRepository()
    const head = repository.commit('a', { 'a.py': 'x\n' })
    const service = aService({ repository: repository.directory })
    const cache = temporaryDirectory()
    const { directory } = await new ClonedRepositories(cache).open(service)
    const blob = repository.git('rev-parse', 'HEAD:a.py')
    rmSync(objectOf(directory, blob), { force: true })
    renameSync(repository.directory, `${repository.directory}-away`)
    onTestFinished(() => rmSync(`${repository.directory}-away`, { recursive: true }))
    expect(await new ClonedRepositories(cache).open(service)).toMatchObject({
      head,
      stale: expect.stringMatching(/is damaged and cannot be made anew: .*missing/),
    })
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
