import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { runGit } from './git.ts'
import type { GitResult } from './git.ts'

const FETCHED = 'ccp-fetched'
const LOCKED = /Unable to create '([^']{1,4096}\.lock)': File exists/

export async function markFetched(directory: string): Promise<void> {
  await writeFile(join(directory, FETCHED), '')
}

/** Epoch milliseconds; null where that is not known. */
export async function fetchedAtMs(directory: string): Promise<number | null> {
  const found = await stat(join(directory, FETCHED)).catch(() => null)
  return found?.mtimeMs ?? null
}

/**
 * Whether a clone can be read: every branch leads to a commit, and nothing is missing of the newest files of the service's.
 * Older history is not looked at: that would take as long as a clone.
 */
export async function isWhole(directory: string, branch: string): Promise<boolean> {
  const refs = await ask(directory, ['for-each-ref', '--format=%(refname) %(objecttype)'])
  if (refs === null) return true
  if (refs.exitCode !== 0 || /broken ref/.test(refs.stderr)) return false
  const ref = `refs/remotes/origin/${branch}`
  if (!refs.stdout.toString('utf8').includes(`${ref} `)) return true
  const files = await ask(directory, ['ls-tree', '-r', '-l', '--full-tree', ref])
  return files === null || (files.exitCode === 0 && !MISSING.test(files.stdout.toString('utf8')))
}

/** What stands in place of a size where the object is not there. */
const MISSING = /^\d{6} blob [0-9a-f]+ +BAD\t/m

/** Null where git gave no answer in time, which says nothing about the clone. */
function ask(directory: string, args: readonly string[]): Promise<GitResult | null> {
  return runGit(directory, args, { accept: [1, 128, 129] }).catch(() => null)
}

/**
 * Removes a lock that a killed git left behind. True where that was done: what failed is worth another try. A lock younger
 * than `olderThanMs` may be held by somebody.
 */
export async function removeLeftLock(directory: string, said: string, olderThanMs: number): Promise<boolean> {
  const lock = LOCKED.exec(said)?.[1]
  if (lock === undefined || !lock.startsWith(`${directory}${sep}`)) return false
  const found = await stat(lock).catch(() => null)
  if (found === null || Date.now() - found.mtimeMs < olderThanMs) return false
  await rm(lock, { force: true })
  return true
}

/** Removes the half-made clones that a killed process left beside this one. */
export async function removeLeftovers(directory: string, olderThanMs: number): Promise<void> {
  const beside = await readdir(dirname(directory))
  const own = beside.filter((name) => name.startsWith(`${basename(directory)}.`) && name.endsWith('.tmp'))
  for (const name of own) {
    const path = join(dirname(directory), name)
    const found = await stat(path).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs >= olderThanMs)
      await rm(path, { recursive: true, force: true })
  }
}
