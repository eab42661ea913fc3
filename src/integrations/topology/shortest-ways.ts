/**
 * The shortest ways from one service to another, by name, at most `most` of them. Two steps: distances from the start up to the
 * goal, then a walk along services whose distance grows by one, so that no way is begun that does not arrive.
 */
export function shortestWays(
  from: string,
  to: string,
  next: (service: string) => readonly string[],
  bounds: { readonly hops: number; readonly most: number },
): readonly (readonly string[])[] {
  if (from === to) return []
  const before = predecessors(from, to, next, bounds.hops)
  if (!before.has(to)) return []
  const after = successors(to, before)
  const ways: (readonly string[])[] = []
  const walk = (way: readonly string[]): void => {
    if (ways.length >= bounds.most) return
    const last = way.at(-1) ?? from
    if (last === to) return void ways.push(way)
    for (const name of [...(after.get(last) ?? [])].sort()) walk([...way, name])
  }
  walk([from])
  return ways
}

/** For each service within reach, those one call nearer to the start. Stops with the ring in which the goal is. */
function predecessors(
  from: string,
  to: string,
  next: (service: string) => readonly string[],
  hops: number,
): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, string[]>([[from, []]])
  let ring: readonly string[] = [from]
  for (let hop = 0; hop < hops && ring.length > 0 && !before.has(to); hop += 1) {
    const found = new Map<string, string[]>()
    for (const caller of ring)
      for (const callee of next(caller)) if (!before.has(callee)) listOf(found, callee).push(caller)
    for (const [callee, callers] of found) before.set(callee, callers)
    ring = [...found.keys()]
  }
  return before
}

/** The same, forwards, for services that lie on a way to the goal. */
function successors(
  to: string,
  before: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const after = new Map<string, Set<string>>()
  const visited = new Set([to])
  for (const callee of visited)
    for (const caller of before.get(callee) ?? []) {
      after.set(caller, (after.get(caller) ?? new Set()).add(callee))
      visited.add(caller)
    }
  return after
}

function listOf(lists: Map<string, string[]>, key: string): string[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const made: string[] = []
  lists.set(key, made)
  return made
}
