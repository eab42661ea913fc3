import { diffLines } from 'diff'
import type { FileContent, PlanRepository } from './ports.ts'

export interface ChangedLines {
  readonly files: number
  readonly lines: number
}

/** Beyond this a change is large however many lines it has. */
const MAX_COMPARED = 400_000

/** How many lines these contents add and remove on top of `base`. */
export async function changedLines(
  repository: PlanRepository,
  base: string,
  files: readonly FileContent[],
): Promise<ChangedLines> {
  let lines = 0
  for (const { path, content } of files) {
    const before = (await repository.readFile(base, path)) ?? ''
    lines += countChanged(before, content ?? '')
  }
  return { files: files.length, lines }
}

/** Lines removed plus lines added. */
export function countChanged(before: string, after: string): number {
  if (before.length + after.length > MAX_COMPARED) return lineCount(before) + lineCount(after)
  return diffLines(before, after)
    .filter((part) => part.added || part.removed)
    .reduce((sum, part) => sum + part.count, 0)
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.split('\n').length
}
