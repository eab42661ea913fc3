import type { Patch, PatchedPair, ReleasePart } from './contracts.ts'

/** What runs in production: a commit of the code and, where it has a repository of its own, one of the configuration. */
export interface ReleasePair {
  readonly commit: string
  readonly configCommit?: string
}

/** What a patch of this half leaves as it runs; undefined where a release is no pair. */
export function pairOf(part: ReleasePart, { commit, configCommit }: ReleasePair): PatchedPair | undefined {
  if (configCommit === undefined) return undefined
  return { part, otherCommit: part === 'config' ? commit : configCommit }
}

/** What has to run when a patch is deployed: what it was made for, or what was rolled back to meanwhile. */
export function pairBefore(patch: Patch): ReleasePair {
  const isOfConfig = patch.pair?.part === 'config'
  return pairWith(patch, isOfConfig ? patch.baseCommit : (patch.replaces ?? patch.baseCommit))
}

/** What a patch puts into production. */
export function pairAfter(patch: Patch): ReleasePair {
  return pairWith(patch, patch.commit)
}

function pairWith({ pair }: Patch, own: string): ReleasePair {
  if (pair === undefined) return { commit: own }
  return pair.part === 'config'
    ? { commit: pair.otherCommit, configCommit: own }
    : { commit: own, configCommit: pair.otherCommit }
}

export function isSamePair(a: ReleasePair, b: ReleasePair): boolean {
  return a.commit === b.commit && a.configCommit === b.configCommit
}

/** For people. */
export function describePair({ commit, configCommit }: ReleasePair): string {
  const config = configCommit === undefined ? '' : ` with configuration ${configCommit.slice(0, 10)}`
  return `${commit.slice(0, 10)}${config}`
}
