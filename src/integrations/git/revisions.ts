import { CcpError } from '../../pipeline/errors.ts'
import { runGit } from './git.ts'

const FULL_HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** The full hash of a commit, tag or branch. Throws CcpError `not-found` where the repository has no such commit. */
export async function resolveCommit(directory: string, revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const result = await runGit(directory, args, { accept: [1, 128] })
  const commit = result.stdout.toString('utf8').trim()
  if (result.exitCode === 0 && FULL_HASH.test(commit)) return commit
  throw new CcpError('not-found', `${directory} has no commit ${JSON.stringify(revision)}`, {
    mend: 'Fetch it, or name a commit, tag or branch that is there.',
  })
}

/** Refuses what git does not allow as a branch name, and anything that could be read as an option. */
export async function assertBranchName(directory: string, branch: string): Promise<void> {
  const result = await runGit(directory, ['check-ref-format', `refs/heads/${branch}`], { accept: [1, 128] })
  if (result.exitCode === 0 && !branch.startsWith('-')) return
  throw new CcpError('bad-input', `${JSON.stringify(branch)} is no valid branch name`, {
    mend: 'Use letters, digits, "-", "_", "." and "/".',
  })
}

/**
 * Refuses a path that leaves the repository or reaches into git's own directory. Returns it unchanged.
 * Throws CcpError `bad-input`.
 */
export function assertRepositoryPath(path: string): string {
  const parts = path.split('/')
  const escapes = parts.some((part) => part === '' || part === '.' || part === '..')
  const reserved = parts.some((part) => /^\.git(?:[ .~]|$)|^git~\d/i.test(part))
  if (!escapes && !reserved && !/[\0\\]/.test(path)) return path
  throw new CcpError('bad-input', `${JSON.stringify(path)} is no path inside a repository`, {
    mend: 'Give the path from the root of the repository, with "/" and without "..".',
  })
}

/**
 * The directory as a repository's root (its work tree, or a bare repository).
 * Throws CcpError `not-found` where there is none; a directory inside a repository does not count, lest a forgotten
 * `git init` makes the program work on the repository around it.
 */
export async function assertRepository(directory: string, whose: string): Promise<void> {
  const environment = { GIT_CEILING_DIRECTORIES: parentOf(directory) }
  const args = ['rev-parse', '--git-dir', '--show-prefix']
  const result = await runGit(directory, args, { accept: [128], environment }).catch(
    (fault: unknown) => fault,
  )
  const isThere = isResult(result) && result.exitCode === 0
  if (isThere && (result.stdout.toString('utf8').split('\n')[1] ?? '') === '') return
  throw new CcpError('not-found', `${whose}: there is no git repository in ${directory}`, {
    mend: 'Name the root of a repository (the directory that holds .git), or clone it there.',
    cause: result,
  })
}

function isResult(value: unknown): value is { exitCode: number; stdout: Buffer } {
  return typeof value === 'object' && value !== null && 'exitCode' in value
}

function parentOf(directory: string): string {
  return directory.replace(/\/+$/, '').replace(/\/[^/]*$/, '') || '/'
}
