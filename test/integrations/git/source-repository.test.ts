import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gitText, runGit } from '../../../src/integrations/git/git.ts'
import { assertRepository, resolveCommit } from '../../../src/integrations/git/revisions.ts'
import { GitSourceRepository } from '../../../src/integrations/git/source-repository.ts'
import { FIRST_COMMIT_MS, TemporaryRepository, temporaryDirectory } from './temp-repository.ts'

const HOUR_MS = 3_600_000

describe('a repository read at a commit', () => {
  it('has the files of that commit, whatever the work tree holds', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'src/a.py': 'one\n', 'with space\tand tab.py': 'x\n' })
    repository.commit('b', { 'src/a.py': 'two\n', 'src/b.py': 'x\n' })
    writeFileSync(join(repository.directory, 'src/a.py'), 'dirty\n')
    const source = new GitSourceRepository(repository.directory)
    expect(await source.filesAt(first)).toEqual(['src/a.py', 'with space\tand tab.py'])
    expect(await source.readFile(first, 'src/a.py')).toBe('one\n')
    expect(await source.readFile('HEAD', 'src/a.py')).toBe('two\n')
    expect(await source.readFile(first, 'src/b.py')).toBeNull()
  })

  it('leaves out links, so that none leads out of it', async () => {
    const repository = new TemporaryRepository()
    symlinkSync('/etc/passwd', join(repository.directory, 'link.py'))
    repository.commit('a', { 'a.py': 'x\n' })
    const source = new GitSourceRepository(repository.directory)
    expect(await source.filesAt('HEAD')).toEqual(['a.py'])
    expect(await source.readFile('HEAD', 'link.py')).toBeNull()
  })

  it.each(['../a.py', '/etc/passwd', 'a/../../b', '.git/config', 'a\\b', '', 'a//b', 'GIT~1/config'])(
    'refuses the path %j',
    async (path) => {
      const repository = new TemporaryRepository()
      repository.commit('a', { 'a.py': 'x\n' })
      const read = new GitSourceRepository(repository.directory).readFile('HEAD', path)
      await expect(read).rejects.toMatchObject({ code: 'bad-input' })
    },
  )

  it('tells who last changed a line, and nobody where there is no such line', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('add the total', { 'a.py': 'one\ntwo\n' })
    repository.commit('change one', { 'a.py': 'ONE\ntwo\n' })
    const source = new GitSourceRepository(repository.directory)
    expect(await source.blame('HEAD', 'a.py', 2)).toEqual({
      commit: first,
      author: 'Payments team',
      atMs: FIRST_COMMIT_MS + HOUR_MS,
      subject: 'add the total',
    })
    expect(await source.blame('HEAD', 'a.py', 3)).toBeNull()
    expect(await source.blame('HEAD', 'b.py', 1)).toBeNull()
  })

  it('knows who last changed a line, and where asked only since a commit', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('one', { 'a.py': 'x\ny\n' })
    const second = repository.commit('two', { 'a.py': 'x\nz\n' })
    const source = new GitSourceRepository(repository.directory)
    expect(await source.blame('HEAD', 'a.py', 1)).toMatchObject({ commit: first })
    expect(await source.blame('HEAD', 'a.py', 1, first)).toBeNull()
    expect(await source.blame('HEAD', 'a.py', 2, first)).toMatchObject({ commit: second })
  })

  it('lists the commits that touched paths in a range, newest first and bounded', async () => {
    const repository = new TemporaryRepository()
    const since = repository.commit('one', { 'a.py': '1\n' })
    const second = repository.commit('two', { 'a.py': '2\n', 'b.py': '2\n' })
    repository.commit('other', { 'c.py': '3\n' })
    const fourth = repository.commit('four\n\nThis reverts commit abcdef1.', { 'a.py': '4\n' })
    const source = new GitSourceRepository(repository.directory)
    const query = { until: 'HEAD', since, paths: ['a.py'], limit: 10 }
    expect(await source.commitsTouching(query)).toMatchObject([
      { commit: fourth, subject: 'four', reverts: ['abcdef1'], files: ['a.py'] },
      { commit: second, subject: 'two', files: ['a.py'] },
    ])
    expect(await source.commitsTouching({ ...query, since: null, paths: [], limit: 2 })).toHaveLength(2)
  })

  it('lists the commits that touched lines, those that only deleted some among them', async () => {
    const repository = new TemporaryRepository()
    const since = repository.commit('start', {
      'a.py': 'def f():\n    guard()\n    run()\n\ndef g():\n    pass\n',
    })
    const culprit = repository.commit('drop the guard', {
      'a.py': 'def f():\n    run()\n\ndef g():\n    pass\n',
    })
    repository.commit('g', { 'a.py': 'import os\n\ndef f():\n    run()\n\ndef g():\n    os.x()\n' })
    const source = new GitSourceRepository(repository.directory)
    const query = { until: 'HEAD', since, path: 'a.py', lines: { from: 3, to: 4 }, limit: 5 }
    expect(await source.commitsTouchingLines(query)).toMatchObject([
      { commit: culprit, subject: 'drop the guard' },
    ])
  })
})

describe('git', () => {
  it('runs nothing that a repository asks for', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'x\n', '.gitattributes': '*.py diff=evil filter=evil\n' })
    const mark = join(repository.directory, 'mark')
    for (const name of ['core.fsmonitor', 'diff.external', 'diff.evil.textconv', 'filter.evil.smudge'])
      repository.git('config', name, `touch ${mark}; cat`)
    repository.commit('b', { 'a.py': 'y\n' })
    const source = new GitSourceRepository(repository.directory)
    await source.blame('HEAD', 'a.py', 1)
    await source.commitsTouching({ until: 'HEAD', since: null, paths: ['a.py'], limit: 5 })
    await gitText(repository.directory, ['diff', '--no-ext-diff', '--no-textconv', 'HEAD~1', 'HEAD'])
    expect(await gitText(repository.directory, ['ls-files', '--others', 'mark'])).toBe('')
  })

  it('ends at its deadline', async () => {
    const directory = new TemporaryRepository().directory
    const slow = runGit(directory, ['-c', 'alias.nap=!sleep 5', 'nap'], { timeoutMs: 50 })
    await expect(slow).rejects.toMatchObject({ code: 'timeout', retryable: true })
  })

  it('names a directory that is not there', async () => {
    const missing = join(temporaryDirectory(), 'gone')
    await expect(new GitSourceRepository(missing).filesAt('HEAD')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(missing),
    })
  })

  it.each(['nothing', '--all', '-h', 'HEAD:a.py', 'HEAD\n'])('finds no commit %j', async (revision) => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'x\n' })
    await expect(resolveCommit(repository.directory, revision)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('does not take the repository around a directory for that of the directory', async () => {
    const repository = new TemporaryRepository()
    mkdirSync(join(repository.directory, 'inner'))
    await expect(assertRepository(repository.directory, 'payment')).resolves.toBeUndefined()
    await expect(assertRepository(join(repository.directory, 'inner'), 'payment')).rejects.toMatchObject({
      code: 'not-found',
    })
  })
})
