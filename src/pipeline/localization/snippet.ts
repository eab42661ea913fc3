import type { Snippet } from '../contracts.ts'

/** The line and up to `radius` lines on either side. */
export function snippetAt(lines: readonly string[], line: number, radius: number): Snippet {
  const firstLine = Math.max(1, line - radius)
  return { firstLine, lines: lines.slice(firstLine - 1, line + radius), markedLine: line }
}
