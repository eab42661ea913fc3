import { runGit } from './git.ts'
import type { LoggedCommit } from './commit-log.ts'

/** As `git revert` words it; of a merge it names the parent that is kept as well. */
const REVERTS = /This reverts commit ([0-9a-f]{7,64})(?:,\s+reversing\s+changes made to ([0-9a-f]{7,64}))?/g
/** Hosts that revert for people name no commit, only its subject; the number is the pull request's. */
const SUBJECT = /^Revert "(.{1,500})"(?: \(#\d{1,9}\))?$/
const FULL_HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const MOST_OF_A_MERGE = 500

/**
 * The commits that a commit takes back, by its message: those it names, else the newest older one of `among` (newest first)
 * whose subject it quotes. A merge that is taken back takes its commits along. Empty for a commit that is no revert.
 */
export async function revertsOf(
  directory: string,
  commit: Pick<LoggedCommit, 'commit' | 'subject' | 'body'>,
  among: readonly Pick<LoggedCommit, 'commit' | 'subject'>[],
): Promise<readonly string[]> {
  const named = [...commit.body.matchAll(REVERTS)]
  if (named.length === 0) return bySubject(commit, among)
  const each = await Promise.all(
    named.map(([, hash = '', kept]) => (kept === undefined ? [hash] : ofMerge(directory, hash, kept))),
  )
  return each.flat()
}

function bySubject(
  commit: Pick<LoggedCommit, 'commit' | 'subject'>,
  among: readonly Pick<LoggedCommit, 'commit' | 'subject'>[],
): readonly string[] {
  const quoted = SUBJECT.exec(commit.subject)?.[1]
  if (quoted === undefined) return []
  const older = among.slice(among.findIndex((other) => other.commit === commit.commit) + 1)
  const target = older.find(({ subject }) => subject === quoted)
  return target === undefined ? [] : [target.commit]
}

/** A merge that is not there any more stands for itself. */
async function ofMerge(directory: string, merge: string, kept: string): Promise<readonly string[]> {
  const args = ['rev-list', `--max-count=${MOST_OF_A_MERGE}`, '--end-of-options', merge, `^${kept}`]
  const listed = await runGit(directory, args, { accept: [128] })
  const commits = listed.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => FULL_HASH.test(line))
  return [...new Set([merge, ...commits])]
}
