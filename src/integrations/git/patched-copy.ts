import { lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CcpError } from '../../pipeline/errors.ts'
import { borrow } from './borrowed-repository.ts'
import { gitText, runGit, type GitOptions } from './git.ts'
import { resolveCommit } from './revisions.ts'

export interface PatchedCopy {
  /** A private bare repository that borrows the objects of the original. */
  readonly repository: string
  readonly base: string
  readonly commit: string
  remove(): Promise<void>
}

const TIMEOUT_MS = 120_000
/** Dependencies and leftovers of builds, where there is no git that knows what belongs to the source. */
const NOT_SOURCE = [
  '.git',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
  '.mypy_cache',
  '.pytest_cache',
  '.tox',
  '.gradle',
  '.idea',
]
const AUTHOR = { name: 'ccp gates', email: 'ccp@localhost', date: '@0 +0000' } as const
const IDENTITY = {
  GIT_AUTHOR_NAME: AUTHOR.name,
  GIT_AUTHOR_EMAIL: AUTHOR.email,
  GIT_AUTHOR_DATE: AUTHOR.date,
  GIT_COMMITTER_NAME: AUTHOR.name,
  GIT_COMMITTER_EMAIL: AUTHOR.email,
  GIT_COMMITTER_DATE: AUTHOR.date,
}

/**
 * Commits a patch on top of a repository's HEAD, or of a plain directory's files, without writing to either.
 * Throws CcpError `not-found` (no such directory) or `bad-input` (the patch is none, or does not apply; with the hunk).
 */
export async function applyToCopy(directory: string, patch: string, message: string): Promise<PatchedCopy> {
  await assertDirectory(directory)
  const scratch = await mkdtemp(join(tmpdir(), 'ccp-gates-'))
  const remove = () => rm(scratch, { recursive: true, force: true })
  try {
    const repository = join(scratch, 'copy.git')
    const base = (await borrowHead(directory, repository)) ?? (await commitDirectory(directory, repository))
    const commit = await commitPatch(repository, base, patch, message)
    return { repository, base, commit, remove }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

async function assertDirectory(directory: string): Promise<void> {
  const entry = await lstat(directory).catch(() => null)
  if (entry?.isDirectory() === true || entry?.isSymbolicLink() === true) return
  throw new CcpError('not-found', `there is no directory ${directory}`, {
    mend: 'Name the root of the repository.',
  })
}

/** Null where the directory is no root of a repository with a commit. */
async function borrowHead(directory: string, repository: string): Promise<string | null> {
  const ask = [
    'rev-parse',
    '--path-format=absolute',
    '--git-path',
    'objects',
    '--show-object-format',
    '--show-prefix',
  ]
  const answer = await runGit(directory, ask, { accept: [128] })
  const [objects = '', format = 'sha1', prefix = ''] = answer.stdout.toString('utf8').split('\n')
  if (answer.exitCode !== 0 || prefix !== '') return null
  const head = await resolveCommit(directory, 'HEAD').catch(() => null)
  if (head === null) return null
  await borrow(objects, format, repository)
  return head
}

async function commitDirectory(directory: string, repository: string): Promise<string> {
  await runGit(join(repository, '..'), ['init', '--quiet', '--bare', '--template=', repository])
  await mkdir(join(repository, 'info'), { recursive: true })
  await writeFile(join(repository, 'info', 'exclude'), NOT_SOURCE.map((name) => `${name}\n`).join(''))
  await runGit(repository, ['--work-tree', directory, 'add', '--all', '--', '.'], {
    timeoutMs: TIMEOUT_MS,
    environment: { GIT_DIR: repository },
  })
  const tree = await gitText(repository, ['write-tree'])
  return commitTree(repository, tree, [], 'the directory as it is')
}

async function commitPatch(
  repository: string,
  base: string,
  patch: string,
  message: string,
): Promise<string> {
  await runGit(repository, ['read-tree', base])
  await applyToIndex(repository, base, patch)
  const tree = (await gitText(repository, ['write-tree'])).trim()
  const before = (await gitText(repository, ['rev-parse', `${base}^{tree}`])).trim()
  if (tree === before)
    throw new CcpError('bad-input', 'the patch changes nothing', {
      mend: 'Give a unified diff on top of HEAD.',
    })
  return commitTree(repository, tree, [base], message)
}

async function commitTree(
  repository: string,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const args = ['commit-tree', tree.trim(), ...parents.flatMap((parent) => ['-p', parent])]
  return (await gitText(repository, args, { input: message, environment: IDENTITY })).trim()
}

/** As it is; then without the prefixes a/ and b/, for diffs that have none; then with hunk headers counted anew. */
async function applyToIndex(repository: string, base: string, patch: string): Promise<void> {
  const input = patch.endsWith('\n') ? patch : `${patch}\n`
  const attempts = [[], ['-p0'], ['--recount']]
  const failures: string[] = []
  for (const options of attempts) {
    const stderr = await tryApply(repository, options, { input })
    if (stderr === null) return
    failures.push(stderr)
  }
  throw doesNotApply(base, input, failures[0] ?? '')
}

async function tryApply(
  repository: string,
  options: readonly string[],
  git: GitOptions,
): Promise<string | null> {
  const args = ['apply', '--cached', '--whitespace=nowarn', ...options, '-']
  const result = await runGit(repository, args, { ...git, accept: [1, 128], timeoutMs: TIMEOUT_MS })
  return result.exitCode === 0 ? null : result.stderr
}

function doesNotApply(base: string, patch: string, stderr: string): CcpError {
  const said = stderr.trim().split('\n').slice(0, 4).join('; ') || 'git gives no reason'
  const failed = /patch failed: (.+):(\d+)$/m.exec(stderr)
  const hunk = failed === null ? null : hunkAt(patch, failed[1] ?? '', Number(failed[2]))
  const shown = hunk === null ? '' : `\n${hunk}`
  if (/No valid patches in input/.test(stderr)) {
    return new CcpError('bad-input', 'the patch holds no unified diff', {
      mend: 'Make one with `git diff` or `git format-patch`.',
    })
  }
  return new CcpError('bad-input', `the patch does not apply to ${base.slice(0, 12)}: ${said}${shown}`, {
    mend: 'Make the patch again on top of HEAD.',
  })
}

const SHOWN_LINES = 12

/** The hunk of the patch that starts at a line of the old file. */
function hunkAt(patch: string, file: string, line: number): string | null {
  const lines = patch.split('\n')
  const start = lines.findIndex((text) => /^--- /.test(text) && text.includes(file))
  const header = lines.findIndex((text, at) => at > start && new RegExp(`^@@ -${line}[, ]`).test(text))
  if (header === -1) return null
  const end = lines.findIndex((text, at) => at > header && /^(?:@@ |diff |--- |-- $)/.test(text))
  const body = lines.slice(header, end === -1 ? undefined : end)
  return body.length <= SHOWN_LINES
    ? body.join('\n')
    : [...body.slice(0, SHOWN_LINES), `... ${body.length - SHOWN_LINES} more lines`].join('\n')
}

/** A patch file's text and its commit message: mails of `git format-patch` are decoded, a bare diff has none. */
export async function readPatch(
  text: string,
): Promise<{ readonly diff: string; readonly message: string | null }> {
  const diffAt = text.search(/^(?:diff --git |--- )/m)
  const head = diffAt === -1 ? text : text.slice(0, diffAt)
  if (!/^Subject:/m.test(head)) return { diff: text, message: null }
  const scratch = await mkdtemp(join(tmpdir(), 'ccp-mail-'))
  try {
    const info = await gitText(scratch, ['mailinfo', '-u', 'message', 'patch'], { input: text })
    const [body, diff] = await Promise.all([
      readFile(join(scratch, 'message'), 'utf8'),
      readFile(join(scratch, 'patch'), 'utf8'),
    ])
    const subject = /^Subject: (.*)$/m.exec(info)?.[1] ?? ''
    // A file may hold a series of mails; only the first is decoded, and git finds the diffs in the others by itself.
    const isSeries = (text.match(/^From [0-9a-f]{40,64} /gm) ?? []).length > 1
    return {
      diff: isSeries ? text : diff,
      message: isSeries ? text.slice(0, 20_000) : `${subject}\n\n${body}`,
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
