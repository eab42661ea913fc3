import { readFile, readdir } from 'node:fs/promises'

/** What a tree of processes uses at a moment. */
export interface Usage {
  readonly processes: number
  readonly memoryMiB: number
}

const PAGE_MIB = 4096 / 1024 / 1024

/**
 * Counts a process and all that descend from it. A limit for each process does not bound them together, and control groups
 * are not everywhere: they are counted.
 */
export async function usageOf(root: number): Promise<Usage> {
  const all = await readProcesses()
  const children = new Map<number, number[]>()
  for (const [pid, { parent }] of all) children.set(parent, [...(children.get(parent) ?? []), pid])
  let [processes, pages] = [0, 0]
  const open = [root]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    processes += 1
    pages += all.get(pid)?.pages ?? 0
    open.push(...(children.get(pid) ?? []))
  }
  return { processes, memoryMiB: pages * PAGE_MIB }
}

async function readProcesses(): Promise<ReadonlyMap<number, { parent: number; pages: number }>> {
  const entries = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    entries.map(async (name) => [Number(name), await readProcess(name)] as const),
  )
  return new Map(found.flatMap(([pid, process]) => (process === null ? [] : [[pid, process]])))
}

/** Null for a process that ended meanwhile. The name in parentheses may hold anything, so fields count from its end. */
async function readProcess(pid: string): Promise<{ parent: number; pages: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), pages: Number(fields[21]) }
}
