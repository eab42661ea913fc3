import { takenBack, type Revertible } from '../signals/taken-back.ts'
import type { Change } from '../signals/telemetry.ts'

/** A change that put something into production, with the commits that came with it. */
export interface ReleaseChange {
  readonly change: Change
  /**
   * Newest first, with those of its merges, less what the release itself took back again; empty where none are known. Of a
   * change that is itself a merge: what it brought.
   */
  readonly commits: readonly Change[]
}

/** Commits that no deploy brought are weighed themselves, the newest few of a service only. */
const LOOSE_COMMITS = 3

/**
 * Puts commits inside the deploy that brought them: after `previousCommit` up to `commit` where the deploy names them, else
 * those written since the service's deploy before. A commit that was not deployed yet cannot be at fault, unless the
 * service's deploys are not known at all. What went into production before `since` (epoch seconds) is no candidate: it only
 * says what ran.
 */
export function releaseChanges(changes: readonly Change[], since = -Infinity): readonly ReleaseChange[] {
  const services = Map.groupBy(changes, ({ service }) => service)
  return [...services.values()].flatMap((own) => {
    const commits = own.filter(({ kind }) => kind === 'commit').sort((a, b) => b.at - a.at)
    const branch = inOrder(commits.filter(({ mergedBy }) => mergedBy === undefined))
    const merged = Map.groupBy(commits, ({ mergedBy }) => mergedBy ?? '')
    const releases = own.filter(({ kind }) => kind !== 'commit').sort((a, b) => a.at - b.at)
    const found = releases.some(({ kind }) => kind === 'deploy')
      ? releases.map((change, at) => ({
          change,
          commits: broughtBy(change, lastDeployBefore(releases, at), branch),
        }))
      : [...releases, ...looseCommits(branch, merged)].map((change) => ({
          change,
          commits: change.kind === 'commit' ? [change] : [],
        }))
    return found
      .filter(({ change }) => change.at >= since)
      .map(({ change, commits: brought }) => ({ change, commits: standing(change, brought, merged) }))
  })
}

type Merged = ReadonlyMap<string, readonly Change[]>

/** The branch's commits, newest first: by their parents where they tell, for clocks differ; else by their dates. */
function inOrder(newestFirst: readonly Change[]): readonly Change[] {
  const byHash = new Map(newestFirst.map((commit) => [commit.id, commit]))
  const parents = new Set(newestFirst.map(({ previousCommit }) => previousCommit))
  const ordered = new Set<Change>()
  for (const head of newestFirst.filter(({ id }) => !parents.has(id))) {
    let commit: Change | undefined = head
    while (commit !== undefined && !ordered.has(commit)) {
      ordered.add(commit)
      commit = byHash.get(commit.previousCommit ?? '')
    }
  }
  return [...ordered]
}

function looseCommits(branch: readonly Change[], merged: Merged): readonly Change[] {
  const { undone } = takenBack(withMerged(branch, merged).map(revertible))
  return branch.filter(({ id }) => !undone.has(id)).slice(0, LOOSE_COMMITS)
}

/** What is left of a release: less the commits that it took back again, those that did so at the end. */
function standing(change: Change, brought: readonly Change[], merged: Merged): readonly Change[] {
  const all = withMerged(brought, merged)
  const { undone, undoing } = takenBack(all.map(revertible))
  const left = all.filter((commit) => !undone.has(commit.id) && commit !== change)
  return [...left.filter(({ id }) => !undoing.has(id)), ...left.filter(({ id }) => undoing.has(id))]
}

/** Each merge followed by what it brought. */
function withMerged(branch: readonly Change[], merged: Merged): readonly Change[] {
  return branch.flatMap((commit) => [commit, ...(merged.get(commit.id) ?? [])])
}

function revertible({ id, reverts = [] }: Change): Revertible {
  return { commit: id, reverts }
}

function broughtBy(change: Change, before: Change | null, branch: readonly Change[]): readonly Change[] {
  return change.kind === 'deploy' ? commitsOf(change, before, branch) : []
}

function lastDeployBefore(releases: readonly Change[], at: number): Change | null {
  return releases.slice(0, at).findLast(({ kind }) => kind === 'deploy') ?? null
}

/** `commits` newest first. A commit that is named and not among them is older than all of them: the list is bounded. */
function commitsOf(deploy: Change, before: Change | null, commits: readonly Change[]): readonly Change[] {
  const previous = deploy.previousCommit ?? before?.commit
  const named = deploy.commit !== undefined
  const first = commits.findIndex((commit) => isCommit(commit, deploy.commit))
  if (named && first === -1) return []
  const deployed = named ? commits.slice(first) : commits.filter(({ at }) => at <= deploy.at)
  const end = deployed.findIndex((commit) => isCommit(commit, previous))
  if (end !== -1) return deployed.slice(0, end)
  return previous === undefined ? deployed.filter(({ at }) => before === null || at > before.at) : deployed
}

function isCommit(commit: Change, hash: string | undefined): boolean {
  return (
    hash !== undefined &&
    hash !== '' &&
    (commit.commit === hash || commit.id === hash || commit.id.endsWith(hash))
  )
}
