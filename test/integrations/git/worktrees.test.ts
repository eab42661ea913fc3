import { existsSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { applyToCopy, readPatch, type PatchedCopy } from '../../../src/integrations/git/patched-copy.ts'
import { GitCheckouts } from '../../../src/integrations/git/worktrees.ts'
import { SampleRepository, type Files } from '../../support/sample-repositories.ts'

const repositories: SampleRepository[] = []
const copies: PatchedCopy[] = []
const repositoryOf = (files: Files): SampleRepository => {
  const repository = new SampleRepository(files)
  repositories.push(repository)
  return repository
}
const copyOf = async (...args: Parameters<typeof applyToCopy>): Promise<PatchedCopy> => {
  const copy = await applyToCopy(...args)
  copies.push(copy)
  return copy
}

afterEach(async () => {
  for (const repository of repositories.splice(0)) repository.remove()
  for (const copy of copies.splice(0)) await copy.remove()
})

describe('a checkout', () => {
  test('holds the files of the commit with their modes, and of nothing else', async () => {
    const repository = repositoryOf({
      'app/main.py': 'x = 1\n',
      'tests/test_main.py': '',
      '.gitattributes': 'tests export-ignore\n*.py filter=run\n',
    })
    repository.write({ 'not-committed.txt': 'x' })
    repository.git('config', 'filter.run.smudge', 'touch /tmp/never-made; cat')
    const checkout = await new GitCheckouts().checkout(repository.directory, 'HEAD', [
      { path: 'tests/test_new.py', text: 'new' },
    ])
    expect([...checkout.files].sort()).toEqual([
      '.gitattributes',
      'app/main.py',
      'tests/test_main.py',
      'tests/test_new.py',
    ])
    expect(readFileSync(join(checkout.directory, 'app/main.py'), 'utf8')).toBe('x = 1\n')
    expect(existsSync(join(checkout.directory, '.git'))).toBe(false)
    expect(existsSync('/tmp/never-made')).toBe(false)
    expect(statSync(checkout.directory).mode & 0o077).toBe(0)
    await checkout.remove()
    expect(existsSync(checkout.directory)).toBe(false)
  })

  test('keeps a link that stays inside and refuses one that leads out, leaving nothing behind', async () => {
    const repository = repositoryOf({ 'a/b.txt': 'x' })
    symlinkSync('b.txt', join(repository.directory, 'a/inside'))
    const inside = await new GitCheckouts().checkout(repository.directory, repository.commit({}, 'a link'))
    expect(readFileSync(join(inside.directory, 'a/inside'), 'utf8')).toBe('x')
    expect(await inside.readFile('a/inside')).toBe(null)
    await inside.remove()
    symlinkSync('../../etc/passwd', join(repository.directory, 'a/outside'))
    const commit = repository.commit({}, 'a link out')
    const made = () =>
      readdirSync(tmpdir()).filter(
        (name) =>
          name.startsWith('ccp-checkout-') &&
          existsSync(join(tmpdir(), name, 'a/b.txt')) &&
          existsSync(join(tmpdir(), name, 'a/inside')),
      ).length
    await expect(new GitCheckouts().checkout(repository.directory, commit)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('a/outside') as string,
    })
    expect(made()).toBe(0)
  })

  test('gives no text for what is none', async () => {
    const repository = repositoryOf({ 'a.bin': '\0', 'b.txt': 'ü' })
    const checkout = await new GitCheckouts().checkout(repository.directory, 'HEAD')
    expect([
      await checkout.readFile('a.bin'),
      await checkout.readFile('b.txt'),
      await checkout.readFile('../b.txt'),
    ]).toEqual([null, 'ü', null])
    await checkout.remove()
  })

  test('of a commit that is not there is not found', async () => {
    await expect(new GitCheckouts().checkout(repositoryOf({}).directory, 'nope')).rejects.toMatchObject({
      code: 'not-found',
    })
  })
})

describe('a patch on a copy', () => {
  const files = { 'a.txt': 'one\ntwo\nthree\n' }

  test('is a commit on top of HEAD, and the repository stays as it is', async () => {
    const repository = repositoryOf(files)
    const diff = repository.diffOf({ 'a.txt': 'one\n2\nthree\n' })
    repository.write({ 'a.txt': 'work in progress' })
    const [head, status] = [repository.git('rev-parse', 'HEAD'), repository.git('status', '--porcelain')]
    const copy = await copyOf(repository.directory, diff, 'a message')
    expect(copy.base).toBe(head.trim())
    const change = await new GitCheckouts().change(copy.repository, copy.base, copy.commit)
    expect(change.message.trim()).toBe('a message')
    expect(change.diff).toContain('+2')
    expect([repository.git('rev-parse', 'HEAD'), repository.git('status', '--porcelain')]).toEqual([
      head,
      status,
    ])
  })

  test('is made of a plain directory too, without its dependencies', async () => {
    const repository = repositoryOf({ ...files, 'node_modules/x/index.js': 'x' })
    const diff = repository.diffOf({ 'a.txt': 'one\n2\nthree\n' })
    repository.git('update-ref', '-d', 'HEAD')
    const copy = await copyOf(repository.directory, diff, 'm')
    const checkout = await new GitCheckouts().checkout(copy.repository, copy.commit)
    expect(checkout.files).toEqual(['a.txt'])
    await checkout.remove()
  })

  test('may be without the prefixes a/ and b/, or a mail', async () => {
    const repository = repositoryOf(files)
    const bare = '--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n'
    await copyOf(repository.directory, bare, 'm')
    repository.commit({ 'a.txt': 'one\n2\nthree\n' }, 'Grüße: count\n\nWhy it is so.')
    const { diff, message } = await readPatch(repository.git('format-patch', '-1', '--stdout'))
    expect(message).toContain('Grüße: count')
    expect(message).toContain('Why it is so.')
    expect(diff).toContain('+2')
  })

  test('that does not apply is refused with its hunk', async () => {
    const diff = '--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-zwei\n+2\n three\n'
    const error = applyToCopy(repositoryOf(files).directory, diff, 'm')
    await expect(error).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('-zwei') as string,
    })
  })

  test.each([
    ['no diff at all', 'hello\n', 'no unified diff'],
    ['a path out of the repository', '--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n', 'does not apply'],
    [
      'the git directory',
      'diff --git a/.git/config b/.git/config\nnew file mode 100644\n--- /dev/null\n+++ b/.git/config\n@@ -0,0 +1 @@\n+x\n',
      'does not apply',
    ],
  ])('is refused: %s', async (_, diff, message) => {
    await expect(applyToCopy(repositoryOf(files).directory, diff, 'm')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message) as string,
    })
  })

  test('needs a directory', async () => {
    const file = join(repositoryOf(files).directory, 'file')
    writeFileSync(file, '')
    await expect(applyToCopy(file, 'x', 'm')).rejects.toMatchObject({ code: 'not-found' })
  })
})
