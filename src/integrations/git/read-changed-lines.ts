import type { ChangedLines, LineRange } from '../../pipeline/localization/ports.ts'

const TO_FILE = /^\+\+\+ b\/(.+)$/
const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/

/**
 * The new lines of a diff without context (`--unified=0`), by file. Headers are read only outside of hunks: a changed line
 * may look like one. A path that git had to quote (control characters, quotes) is left out.
 */
export function readChangedLines(diff: string): readonly ChangedLines[] {
  const files: { path: string; lines: LineRange[] }[] = []
  let left = 0
  for (const line of diff.split('\n')) {
    if (left > 0) {
      if (line.startsWith('+') || line.startsWith('-')) left -= 1
      continue
    }
    const path = TO_FILE.exec(line)?.[1]
    if (path !== undefined) files.push({ path: path.replace(/\t$/, ''), lines: [] })
    const hunk = HUNK.exec(line)
    if (hunk === null) {
      if (line.startsWith('diff --git ')) files.push({ path: '', lines: [] })
      continue
    }
    const added = Number(hunk[2] ?? 1)
    left = added + removedOf(line)
    const from = Number(hunk[1])
    if (added > 0) files.at(-1)?.lines.push({ from, to: from + added - 1 })
  }
  return files.filter(({ path, lines }) => path !== '' && lines.length > 0)
}

function removedOf(hunk: string): number {
  return Number(/^@@ -\d+(?:,(\d+))? /.exec(hunk)?.[1] ?? 1)
}
