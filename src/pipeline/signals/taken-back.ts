/** What undoing needs to know of a commit. */
export interface Revertible {
  readonly commit: string
  /** The commits that it takes back; with a merge all that the merge brought. */
  readonly reverts: readonly string[]
}

export interface TakenBack {
  /** Commits of which nothing is left. */
  readonly undone: ReadonlySet<string>
  /** Commits that did no more than to take back others of the same list. */
  readonly undoing: ReadonlySet<string>
}

/**
 * What a list of commits (newest first) leaves of itself: a commit that a later one of the list takes back is undone, unless
 * that one was itself taken back. A revert of what lies before the list is a change like any other.
 */
export function takenBack(commits: readonly Revertible[]): TakenBack {
  const undone = new Set<string>()
  const undoing = new Set<string>()
  for (const { commit, reverts } of commits) {
    if (reverts.length === 0 || undone.has(commit)) continue
    const inList = commits.filter(
      (other) => other.commit !== commit && reverts.some((hash) => isHash(other, hash)),
    )
    for (const other of inList) undone.add(other.commit)
    if (inList.length > 0) undoing.add(commit)
  }
  return { undone, undoing }
}

/** Messages may shorten a hash. */
function isHash({ commit }: Revertible, hash: string): boolean {
  return commit.startsWith(hash)
}
