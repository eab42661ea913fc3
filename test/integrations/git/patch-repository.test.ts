import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GitPatchRepository } from '../../../src/integrations/git/patch-repository.ts'
import { TemporaryRepository } from './temp-repository.ts'

const AT_MS = Date.UTC(2024, 5, 1)

function change(base: string, files: readonly { path: string; content: string | null }[]) {
  return { base, branch: 'ccp/fix-1', files, message: 'Guard the address\n\nIncident 1.', atMs: AT_MS }
}

describe('a patch', () => {
  it('is one commit on its own branch, and neither the work tree, the index nor another branch moves', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n', 'old.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    const commit = await patches.commitFiles(
      change(base, [
        { path: 'a.py', content: 'y\r\n' },
        { path: 'tests/test_a.py', content: 'new\n' },
        { path: 'old.py', content: null },
      ]),
    )
    expect(repository.git('rev-parse', 'ccp/fix-1')).toBe(commit)
    expect(repository.git('log', '-1', '--format=%P|%an <%ae>|%ct|%s', commit)).toBe(
      `${base}|Continuous Chaos Prevention <ccp@localhost>|${AT_MS / 1000}|Guard the address`,
    )
    expect(await patches.readFile(commit, 'a.py')).toBe('y\r\n')
    expect(await patches.readFile(commit, 'old.py')).toBeNull()
    expect(await patches.readFile(commit, 'tests/test_a.py')).toBe('new\n')
    expect(repository.head()).toBe(base)
    expect(repository.git('status', '--porcelain')).toBe('')
    expect(readFileSync(join(repository.directory, 'a.py'), 'utf8')).toBe('x\n')
  })

  it('made again is the same commit', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    const first = await patches.commitFiles(change(base, [{ path: 'a.py', content: 'y\n' }]))
    expect(await patches.commitFiles(change(base, [{ path: 'a.py', content: 'y\n' }]))).toBe(first)
  })

  it('is refused where its branch stands elsewhere, and the branch stays', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n' })
    repository.git('branch', 'ccp/fix-1')
    const patch = new GitPatchRepository(repository.directory).commitFiles(
      change(base, [{ path: 'a.py', content: 'y\n' }]),
    )
    await expect(patch).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ccp/fix-1'),
    })
    expect(repository.git('rev-parse', 'ccp/fix-1')).toBe(base)
  })

  it('keeps a file executable', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'run.sh': 'x\n' })
    chmodSync(join(repository.directory, 'run.sh'), 0o755)
    const base = repository.commit('b', { 'b.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    const commit = await patches.commitFiles(change(base, [{ path: 'run.sh', content: 'y\n' }]))
    expect(repository.git('ls-tree', commit, 'run.sh')).toMatch(/^100755 /)
  })

  it.each([
    '../out.py',
    '/etc/passwd',
    '.git/hooks/post-checkout',
    'x/.GIT/config',
    'dir/../../x',
    'link/x.py',
    'link',
  ])('does not write to %j', async (path) => {
    const repository = new TemporaryRepository()
    symlinkSync('/tmp', join(repository.directory, 'link'))
    const base = repository.commit('a', { 'a.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    const patch = patches.commitFiles(change(base, [{ path, content: 'x\n' }]))
    await expect(patch).rejects.toMatchObject({ code: expect.stringMatching(/bad-input|conflict/) })
    expect(repository.git('branch', '--list', 'ccp/*')).toBe('')
  })

  it.each(['', '-x', 'a..b', 'a b', 'refs/../x', 'x.lock'])(
    'is not made on a branch named %j',
    async (branch) => {
      const repository = new TemporaryRepository()
      const base = repository.commit('a', { 'a.py': 'x\n' })
      const patches = new GitPatchRepository(repository.directory)
      const patch = patches.commitFiles({ ...change(base, [{ path: 'a.py', content: 'y\n' }]), branch })
      await expect(patch).rejects.toMatchObject({ code: 'bad-input' })
    },
  )

  it('that changes nothing is refused', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    await expect(patches.commitFiles(change(base, [{ path: 'a.py', content: 'x\n' }]))).rejects.toMatchObject(
      {
        code: 'bad-input',
      },
    )
  })

  it('is shown as a unified diff', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    const commit = await patches.commitFiles(change(base, [{ path: 'a.py', content: 'y\n' }]))
    expect(await patches.diff(base, commit)).toMatch(/^diff --git a\/a\.py b\/a\.py\n[^]*\n-x\n\+y\n$/)
  })
})

describe('a revert', () => {
  const LINES = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n'

  it('takes one commit back and keeps what came later', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': LINES, 'gone.py': 'x\n' })
    const culprit = repository.commit('b', {
      'a.py': LINES.replace('one', 'ONE'),
      'gone.py': null,
      'new.py': 'x\n',
    })
    const base = repository.commit('c', { 'a.py': LINES.replace('one', 'ONE').replace('seven', 'SEVEN') })
    const files = await new GitPatchRepository(repository.directory).revertedFiles(base, culprit)
    expect(files.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: 'a.py', content: LINES.replace('seven', 'SEVEN') },
      { path: 'gone.py', content: 'x\n' },
      { path: 'new.py', content: null },
    ])
    expect(repository.git('status', '--porcelain')).toBe('')
  })

  it('of a merge takes back the branch that it brought in', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'a\n' })
    repository.git('checkout', '--quiet', '-b', 'feature')
    repository.commit('b', { 'b.py': 'b\n' })
    repository.git('checkout', '--quiet', 'main')
    repository.commit('c', { 'c.py': 'c\n' })
    repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge feature', 'feature')
    const merge = repository.head()
    const files = await new GitPatchRepository(repository.directory).revertedFiles(merge, merge)
    expect(files).toEqual([{ path: 'b.py', content: null }])
  })

  it('is refused where later commits changed the same lines, naming the file', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'one\n' })
    const culprit = repository.commit('b', { 'a.py': 'two\n' })
    const base = repository.commit('c', { 'a.py': 'three\n' })
    await expect(
      new GitPatchRepository(repository.directory).revertedFiles(base, culprit),
    ).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/lines of a\.py$/) })
  })

  it('is refused where it was done already, and for a commit of another branch', async () => {
    const repository = new TemporaryRepository()
    repository.commit('a', { 'a.py': 'one\n' })
    const culprit = repository.commit('b', { 'a.py': 'two\n' })
    const base = repository.commit('c', { 'a.py': 'one\n' })
    repository.git('checkout', '--quiet', '-b', 'other', `${base}~1`)
    const other = repository.commit('d', { 'd.py': 'x\n' })
    const patches = new GitPatchRepository(repository.directory)
    await expect(patches.revertedFiles(base, culprit)).rejects.toMatchObject({ code: 'conflict' })
    await expect(patches.revertedFiles(base, other)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('of the first commit empties what it brought', async () => {
    const repository = new TemporaryRepository()
    const first = repository.commit('a', { 'a.py': 'one\n' })
    const base = repository.commit('b', { 'b.py': 'x\n' })
    const files = await new GitPatchRepository(repository.directory).revertedFiles(base, first)
    expect(files).toEqual([{ path: 'a.py', content: null }])
  })
})

describe('turning one tree into another', () => {
  it('gives the contents of all files that differ', async () => {
    const repository = new TemporaryRepository()
    const target = repository.commit('a', { 'a.py': 'one\n', 'b.py': 'x\n' })
    const base = repository.commit('b', { 'a.py': 'two\n', 'b.py': null, 'ä ö.py': 'x\n' })
    const files = await new GitPatchRepository(repository.directory).filesTurning(base, target)
    expect(files).toEqual([
      { path: 'a.py', content: 'one\n' },
      { path: 'b.py', content: 'x\n' },
      { path: 'ä ö.py', content: null },
    ])
  })

  it('refuses what a text cannot carry', async () => {
    const repository = new TemporaryRepository()
    const base = repository.commit('a', { 'a.py': 'x\n' })
    symlinkSync('a.py', join(repository.directory, 'link'))
    const target = repository.commit('b', { 'a.py': 'y\n' })
    await expect(
      new GitPatchRepository(repository.directory).filesTurning(base, target),
    ).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('link') })
  })
})
