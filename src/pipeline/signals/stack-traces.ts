import { parseGoTraces } from './go-trace.ts'
import { parseJavaTraces } from './java-trace.ts'
import { parseNodeTraces } from './node-trace.ts'
import { parsePythonTraces } from './python-trace.ts'
import { traceLines } from './trace-lines.ts'
import type { FoundTrace } from './found-trace.ts'
import type { StackTrace } from './stack-trace.ts'

/** More traces than this in one text are not returned. */
const MAX_TRACES = 200

/**
 * All stack traces in a text, in the order in which they stand there: Python, Node and TypeScript, Java (and the JVM's
 * other languages) and Go, whatever stands around or before them. Frames are innermost first; an exception's cause
 * hangs from it. Time and memory are linear in the text; beyond two million characters only head and tail are read.
 */
export function parseStackTraces(text: string): readonly StackTrace[] {
  const lines = traceLines(text)
  const found = [
    ...parsePythonTraces(lines),
    ...parseNodeTraces(lines),
    ...parseJavaTraces(lines),
    ...parseGoTraces(lines),
  ].toSorted((a, b) => a.firstLine - b.firstLine)
  return withoutOverlaps(found)
    .slice(0, MAX_TRACES)
    .map((each) => each.trace)
}

function withoutOverlaps(found: readonly FoundTrace[]): readonly FoundTrace[] {
  const kept: FoundTrace[] = []
  for (const each of found) {
    const last = kept.at(-1)
    if (last === undefined || each.firstLine > last.lastLine) kept.push(each)
    else if (each.trace.frames.length > last.trace.frames.length) kept[kept.length - 1] = each
  }
  return kept
}
