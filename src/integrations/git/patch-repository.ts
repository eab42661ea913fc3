import { isUtf8 } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CcpError } from '../../pipeline/errors.ts'
import { gitText, runGit } from './git.ts'
import { assertBranchName, assertRepositoryPath, resolveCommit } from './revisions.ts'
import type { PatchRepository } from '../../pipeline/patching/ports.ts'

export interface FileContent {
  readonly path: string
  readonly content: string | null
}

const MAX_FILE_BYTES = 16 * 1024 * 1024
const MAX_FILES = 2_000
const AUTHOR_NAME = 'Continuous Chaos Prevention'
const AUTHOR_EMAIL = 'ccp@localhost'
const ABSENT = /^0+$/
const REGULAR_FILE = /^100(?:644|755)$/

/**
 * Writes commits with git's plumbing and an index of its own: no work tree, no checked-out branch and no other ref moves.
 * The same call gives the same commit, for author, dates and message are given.
 */
export class GitPatchRepository implements PatchRepository {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  async readFile(commit: string, path: string): Promise<string | null> {
    const entry = await this.#entry(await resolveCommit(this.directory, commit), assertRepositoryPath(path))
    return entry === null || !REGULAR_FILE.test(entry.mode) ? null : this.#readBlob(entry.blob, path)
  }

  async commitFiles(change: {
    readonly base: string
    readonly branch: string
    readonly files: readonly FileContent[]
    readonly message: string
    readonly atMs: number
  }): Promise<string> {
    await assertBranchName(this.directory, change.branch)
    const base = await resolveCommit(this.directory, change.base)
    const tree = await this.#writeTree(base, change.files)
    if (tree === (await this.#treeOf(base)))
      throw new CcpError(
        'bad-input',
        `the patch for ${change.branch} changes nothing in ${base.slice(0, 12)}`,
      )
    const commit = await this.#writeCommit(tree, [base], change.message, change.atMs)
    await this.#createBranch(change.branch, commit)
    return commit
  }

  async revertedFiles(base: string, commit: string): Promise<readonly FileContent[]> {
    const [from, undone] = [
      await resolveCommit(this.directory, base),
      await resolveCommit(this.directory, commit),
    ]
    const isPart = await runGit(this.directory, ['merge-base', '--is-ancestor', undone, from], {
      accept: [1],
    })
    if (isPart.exitCode !== 0) throw cannotRevert(undone, `it is not part of ${from.slice(0, 12)}`)
    const tree = await this.#revertedTree(from, undone)
    if (tree === (await this.#treeOf(from))) throw cannotRevert(undone, 'it has been taken back already')
    return this.filesTurning(from, tree)
  }

  /** `target` may be a commit or a tree. */
  async filesTurning(base: string, target: string): Promise<readonly FileContent[]> {
    const [from, to] = [await this.#treeOf(base), await this.#treeOf(target)]
    const text = await gitText(this.directory, ['diff-tree', '-r', '-z', '--no-renames', from, to])
    const fields = text.split('\0').filter((field) => field !== '')
    if (fields.length / 2 > MAX_FILES)
      throw new CcpError(
        'conflict',
        `${fields.length / 2} files differ, more than a patch may touch (${MAX_FILES})`,
      )
    const files: FileContent[] = []
    for (let at = 0; at + 1 < fields.length; at += 2)
      files.push(await this.#targetContent(fields[at] ?? '', fields[at + 1] ?? ''))
    return files
  }

  diff(base: string, commit: string): Promise<string> {
    return this.#diff(base, commit)
  }

  async #diff(base: string, commit: string): Promise<string> {
    const revisions = [await resolveCommit(this.directory, base), await resolveCommit(this.directory, commit)]
    const form = [
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      '--src-prefix=a/',
      '--dst-prefix=b/',
    ]
    return gitText(this.directory, ['diff', ...form, '--diff-algorithm=histogram', ...revisions, '--'])
  }

  async #treeOf(revision: string): Promise<string> {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{tree}`]
    const result = await runGit(this.directory, args, { accept: [1, 128] })
    if (result.exitCode === 0) return result.stdout.toString('utf8').trim()
    throw new CcpError('not-found', `${this.directory} has no commit or tree ${JSON.stringify(revision)}`)
  }

  async #entry(commit: string, path: string): Promise<{ mode: string; blob: string } | null> {
    const text = await gitText(this.directory, ['ls-tree', '-z', '--full-tree', commit, '--', path])
    const found = /^(\d{6}) \w+ ([0-9a-f]+)\t([^\0]*)\0/.exec(text)
    if (found?.[1] === undefined || found[2] === undefined || found[3] !== path) return null
    return { mode: found[1], blob: found[2] }
  }

  async #readBlob(blob: string, path: string): Promise<string> {
    const { stdout } = await runGit(this.directory, ['cat-file', 'blob', blob], { maxBytes: MAX_FILE_BYTES })
    // Read as text and written again it would be damaged.
    if (!isUtf8(stdout))
      throw new CcpError('conflict', `${path} is not UTF-8 text, so a patch cannot carry it`)
    return stdout.toString('utf8')
  }

  async #targetContent(meta: string, path: string): Promise<FileContent> {
    const [, mode = '', , blob = ''] = meta.replace(/^:/, '').split(' ')
    if (ABSENT.test(mode)) return { path, content: null }
    if (!REGULAR_FILE.test(mode))
      throw new CcpError('conflict', `${path} is a link or a submodule, so a patch cannot carry it`)
    return { path, content: await this.#readBlob(blob, path) }
  }

  /** The index is a file of its own, so that the repository's index and work tree stay as they are. */
  async #writeTree(base: string, files: readonly FileContent[]): Promise<string> {
    const scratch = await mkdtemp(join(tmpdir(), 'ccp-index-'))
    try {
      const environment = { GIT_INDEX_FILE: join(scratch, 'index') }
      const entries: string[] = []
      for (const file of files) entries.push(await this.#indexEntry(base, file))
      await runGit(this.directory, ['read-tree', base], { environment })
      await runGit(this.directory, ['update-index', '-z', '--index-info'], {
        environment,
        input: entries.join(''),
      })
      return (await gitText(this.directory, ['write-tree'], { environment })).trim()
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }

  async #indexEntry(base: string, file: FileContent): Promise<string> {
    const path = assertRepositoryPath(file.path)
    await this.#assertNoLinkAbove(base, path)
    const existing = await this.#entry(base, path)
    if (existing !== null && !REGULAR_FILE.test(existing.mode))
      throw new CcpError('conflict', `${path} is not a regular file in ${base.slice(0, 12)}`)
    if (file.content === null) return `0 ${'0'.repeat(40)}\t${path}\0`
    const args = ['hash-object', '-w', '--no-filters', '--stdin']
    const blob = (await gitText(this.directory, args, { input: file.content })).trim()
    return `${existing?.mode ?? '100644'} ${blob}\t${path}\0`
  }

  /** A file "below" a link would be written wherever the link leads once the commit is checked out. */
  async #assertNoLinkAbove(base: string, path: string): Promise<void> {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      const above = parts.slice(0, depth).join('/')
      const entry = await this.#entry(base, above)
      if (entry === null) return
      if (entry.mode !== '040000')
        throw new CcpError('conflict', `${above} is not a directory, so ${path} cannot be`)
    }
  }

  async #writeCommit(
    tree: string,
    parents: readonly string[],
    message: string,
    atMs: number,
  ): Promise<string> {
    const date = `@${Math.floor(atMs / 1000)} +0000`
    const environment = {
      GIT_AUTHOR_NAME: AUTHOR_NAME,
      GIT_AUTHOR_EMAIL: AUTHOR_EMAIL,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: AUTHOR_NAME,
      GIT_COMMITTER_EMAIL: AUTHOR_EMAIL,
      GIT_COMMITTER_DATE: date,
    }
    const args = ['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), tree]
    return (await gitText(this.directory, args, { environment, input: message })).trim()
  }

  /** Compare-and-swap on a branch that must not exist; one that already stands at `commit` is left alone. */
  async #createBranch(branch: string, commit: string): Promise<void> {
    const ref = `refs/heads/${branch}`
    const args = ['update-ref', '--no-deref', ref, commit, '0'.repeat(commit.length)]
    const result = await runGit(this.directory, args, { accept: [1, 128] })
    if (result.exitCode === 0) return
    const stands = await runGit(this.directory, ['rev-parse', '--verify', '--quiet', ref], {
      accept: [1, 128],
    })
    const at = stands.stdout.toString('utf8').trim()
    if (at === commit) return
    const found = at === '' ? result.stderr.trim() : `it stands at ${at.slice(0, 12)}`
    throw new CcpError('conflict', `branch ${branch} cannot be pointed at ${commit.slice(0, 12)}: ${found}`, {
      mend: 'Delete the branch if nobody needs it, or give the patch another one.',
    })
  }

  /**
   * A revert is a three-way merge whose base is the commit and whose other side is its (first) parent. Git 2.38's
   * merge-tree takes its merge base from history, so a history of three commits is made for it, without any ref.
   */
  async #revertedTree(base: string, commit: string): Promise<string> {
    const undone = await this.#writeCommit(await this.#treeOf(commit), [], 'base of a revert', 0)
    const ours = await this.#writeCommit(await this.#treeOf(base), [undone], 'ours', 0)
    const theirs = await this.#writeCommit(await this.#parentTree(commit), [undone], 'theirs', 0)
    const args = ['merge-tree', '--write-tree', '--name-only', '-z', ours, theirs]
    const result = await runGit(this.directory, args, { accept: [1] })
    const [tree = '', ...conflicts] = result.stdout.toString('utf8').split('\0')
    if (result.exitCode === 0) return tree
    const end = conflicts.indexOf('')
    const files = [...new Set(conflicts.slice(0, end === -1 ? 1 : end))]
    throw cannotRevert(commit, `later commits changed the same lines of ${files.join(', ')}`)
  }

  async #parentTree(commit: string): Promise<string> {
    const result = await runGit(
      this.directory,
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^1^{tree}`],
      { accept: [1, 128] },
    )
    if (result.exitCode === 0) return result.stdout.toString('utf8').trim()
    // The first commit has no parent: reverting it leaves an empty tree.
    return (
      await gitText(this.directory, ['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' })
    ).trim()
  }
}

function cannotRevert(commit: string, why: string): CcpError {
  return new CcpError('conflict', `commit ${commit.slice(0, 12)} cannot be reverted: ${why}`)
}
