import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { CcpError } from '../../pipeline/errors.ts'

const TIMEOUT_MS = 60_000

/** Unpacks the tree of a commit into `directory`, whole or not at all; does nothing where it is there already. */
export async function unpackSource(repository: string, commit: string, directory: string): Promise<void> {
  requireHash(commit)
  if (existsSync(directory)) return
  mkdirSync(dirname(directory), { recursive: true })
  const part = mkdtempSync(join(dirname(directory), `.${basename(directory)}-`))
  try {
    await execa('git', ['-C', repository, 'archive', '--format=tar', commit], {
      timeout: TIMEOUT_MS,
      buffer: { stdout: false },
    }).pipe('tar', ['-x', '-C', part], { timeout: TIMEOUT_MS })
    renameSync(part, directory)
  } catch (cause) {
    rmSync(part, { recursive: true, force: true })
    if (existsSync(directory)) return // another start of the same commit was faster
    throw new CcpError('not-found', `cannot unpack commit ${commit} of ${repository}: ${detailOf(cause)}`, {
      mend: 'check that the repository is there and that the commit was fetched',
      cause,
    })
  }
}

/**
 * Writes one file of a commit to `file`, whole or not at all; does nothing where it is there already. Only the user of this
 * process can read it.
 */
export async function unpackFile(
  source: { readonly repository: string; readonly commit: string; readonly path: string },
  file: string,
): Promise<void> {
  const { repository, commit, path } = source
  requireHash(commit)
  if (existsSync(file)) return
  try {
    const { stdout } = await execa('git', ['-C', repository, 'cat-file', 'blob', `${commit}:${path}`], {
      timeout: TIMEOUT_MS,
      encoding: 'buffer',
      stripFinalNewline: false,
    })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.new`, stdout, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw new CcpError('not-found', `cannot read ${path} at ${commit} of ${repository}: ${detailOf(cause)}`, {
      mend: 'check that the repository is there, that the commit was fetched, and that it has the file',
      cause,
    })
  }
}

/** The commit at which a branch stands. */
export async function headOf(repository: string, branch: string): Promise<string> {
  const args = [
    '-C',
    repository,
    'rev-parse',
    '--verify',
    '--end-of-options',
    `refs/heads/${branch}^{commit}`,
  ]
  const result = await execa('git', args, { timeout: TIMEOUT_MS, reject: false })
  if (result.exitCode === 0) return result.stdout.trim()
  throw new CcpError('not-found', `${repository} has no branch ${branch}: ${detailOf(result)}`, {
    mend: 'correct `branch` in services.yaml, or create it',
  })
}

function requireHash(commit: string): void {
  if (/^[0-9a-f]{7,64}$/.test(commit)) return
  throw new CcpError('bad-input', `"${commit}" is not a commit: give its hash`)
}

function detailOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'stderr' in cause && cause.stderr) {
    return String(cause.stderr).trim()
  }
  return cause instanceof Error ? cause.message : String(cause)
}
