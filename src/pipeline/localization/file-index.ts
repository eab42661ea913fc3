/** The files of a repository by their last name, so that a frame is looked up without reading them all. */
export interface FileIndex {
  readonly paths: ReadonlySet<string>
  readonly byName: ReadonlyMap<string, readonly string[]>
}

export function indexFiles(paths: readonly string[]): FileIndex {
  const byName = new Map<string, string[]>()
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const same = byName.get(name)
    if (same === undefined) byName.set(name, [path])
    else same.push(path)
  }
  return { paths: new Set(paths), byName }
}

export interface SuffixMatch {
  /** All files that share the longest suffix with the path; more than one where the path does not tell them apart. */
  readonly paths: readonly string[]
  /** How many trailing segments are shared. */
  readonly shared: number
}

/** The files whose paths end as these segments do, on the longest stretch; null where not even the name is there. */
export function longestSuffix(index: FileIndex, segments: readonly string[]): SuffixMatch | null {
  let best: { paths: string[]; shared: number } | null = null
  for (const path of index.byName.get(segments.at(-1) ?? '') ?? []) {
    const shared = sharedSuffix(path.split('/'), segments)
    if (best === null || shared > best.shared) best = { paths: [path], shared }
    else if (shared === best.shared) best.paths.push(path)
  }
  if (best === null || best.paths.length === 1) return best
  // A file whose whole path is in the frame's path fits better than one that has more in front of it.
  const shared = best.shared
  const whole = best.paths.filter((path) => path.split('/').length === shared)
  return whole.length === 1 ? { paths: whole, shared } : best
}

function sharedSuffix(a: readonly string[], b: readonly string[]): number {
  let shared = 0
  while (shared < a.length && shared < b.length && a.at(-1 - shared) === b.at(-1 - shared)) shared += 1
  return shared
}
