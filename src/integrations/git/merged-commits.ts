import type { LoggedCommit } from './commit-log.ts'

/**
 * Which merge of the branch brought each commit, by its hash. `branch` are the branch's own commits, newest first; `others`
 * what else is reachable from them. A commit that several merges reach came with the first.
 */
export function mergedBy(
  branch: readonly LoggedCommit[],
  others: readonly LoggedCommit[],
): ReadonlyMap<string, string> {
  const own = new Set(branch.map(({ commit }) => commit))
  const byHash = new Map(
    others.flatMap((commit) => (own.has(commit.commit) ? [] : [[commit.commit, commit]])),
  )
  const found = new Map<string, string>()
  for (const merge of branch.toReversed()) {
    const open = merge.parents.slice(1)
    for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
      const commit = byHash.get(hash)
      if (commit === undefined || found.has(hash)) continue
      found.set(hash, merge.commit)
      open.push(...commit.parents)
    }
  }
  return found
}
