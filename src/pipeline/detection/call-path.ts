import type { ServiceDefinition } from '../services.ts'
import type { Topology } from '../signals/telemetry.ts'

/** Who calls whom. */
export type Calls = readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]

/** What services.yaml declares, and the calls that were observed besides. */
export function callsTogether(services: Calls, { nodes, edges }: Topology): Calls {
  const callees = new Map(services.map(({ name, dependsOn }) => [name, new Set(dependsOn)]))
  for (const name of nodes) if (!callees.has(name)) callees.set(name, new Set())
  for (const [caller, callee] of edges) callees.set(caller, (callees.get(caller) ?? new Set()).add(callee))
  return [...callees].map(([name, dependsOn]) => ({ name, dependsOn: [...dependsOn] }))
}

/** The shortest way over calls between two services, from the caller down, at most `hops` calls; null where there is none. */
export function callPath(a: string, b: string, calls: Calls, hops: number): readonly string[] | null {
  const callees = new Map(calls.map(({ name, dependsOn }) => [name, dependsOn]))
  const ways = [wayDown(a, b, callees, hops), wayDown(b, a, callees, hops)].filter((way) => way !== null)
  return ways.toSorted((one, other) => one.length - other.length)[0] ?? null
}

/** "gateway calls checkout, which calls payment". */
export function describePath(path: readonly string[]): string {
  const [first = '', second = '', ...rest] = path
  return `${first} calls ${second}${rest.map((name) => `, which calls ${name}`).join('')}`
}

function wayDown(
  from: string,
  to: string,
  callees: ReadonlyMap<string, readonly string[]>,
  hops: number,
): readonly string[] | null {
  const seen = new Set([from])
  let ways: readonly (readonly string[])[] = [[from]]
  for (let hop = 0; hop < hops && ways.length > 0; hop += 1) {
    ways = ways.flatMap((way) =>
      (callees.get(way.at(-1) ?? '') ?? []).filter((name) => !seen.has(name)).map((name) => [...way, name]),
    )
    const found = ways.find((way) => way.at(-1) === to)
    if (found !== undefined) return found
    for (const way of ways) seen.add(way.at(-1) ?? '')
  }
  return null
}
