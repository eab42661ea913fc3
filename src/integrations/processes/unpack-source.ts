import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { CcpError } from '../../pipeline/errors.ts'

const TIMEOUT_MS = 60_000

/** Unpacks the tree of a commit into `directory`, whole or not at all; does nothing where it is there already. */
export async function unpackSource(repository: string, commit: string, directory: string): Promise<void> {
  if (!/^[0-9a-f]{7,64}$/.test(commit)) {
    throw new CcpError('bad-input', `"${commit}" is not a commit: give its hash`)
  }
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

function detailOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'stderr' in cause && cause.stderr) {
    return String(cause.stderr).trim()
  }
  return cause instanceof Error ? cause.message : String(cause)
}
