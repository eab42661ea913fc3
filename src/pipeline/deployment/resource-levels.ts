import type { ResourceLevels } from '../contracts.ts'

/** Each resource that both sides know, combined; null where that leaves none. `each` answers null where nothing can be said. */
export function combineLevels(
  a: ResourceLevels | undefined,
  b: ResourceLevels | undefined,
  each: (a: number, b: number) => number | null,
): ResourceLevels | null {
  const of = (x: number | undefined, y: number | undefined): number | null =>
    x === undefined || y === undefined ? null : each(x, y)
  const openFiles = of(a?.openFiles, b?.openFiles)
  const memoryBytes = of(a?.memoryBytes, b?.memoryBytes)
  if (openFiles === null && memoryBytes === null) return null
  return {
    ...(openFiles === null ? {} : { openFiles }),
    ...(memoryBytes === null ? {} : { memoryBytes }),
  }
}
