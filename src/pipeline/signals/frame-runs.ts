import { readAnyHeader, readErrorHeader } from './error-header.ts'
import type { ErrorHeader } from './error-header.ts'
import type { StackFrame } from './stack-trace.ts'

/** A row of frames that belong to one exception, and the lines between it and the row before. */
export interface FrameRun {
  readonly frames: readonly StackFrame[]
  readonly header: ErrorHeader
  readonly headerLine: number
  readonly firstFrameLine: number
  readonly lastFrameLine: number
  /** The lines since the last run, at most `MAX_HEADER_LINES` of them, the header among them. */
  readonly gap: readonly string[]
}

/** A message may run over several lines; other output may stand between two frames. */
const MAX_HEADER_LINES = 20
const MAX_INTERLEAVED = 5

interface OpenRun {
  readonly frames: StackFrame[]
  readonly firstFrameLine: number
  lastFrameLine: number
}

/** Groups `at ...` lines (Node, Java) into runs, each with the header above it. Every line is read once or twice. */
export function frameRuns(
  lines: readonly string[],
  readFrame: (line: string) => StackFrame | null,
): readonly FrameRun[] {
  const runs: OpenRun[] = []
  lines.forEach((line, index) => {
    const frame = readFrame(line)
    if (frame === null) return
    const run = runs.at(-1)
    if (run !== undefined && continues(lines, run.lastFrameLine, index)) {
      run.frames.push(frame)
      run.lastFrameLine = index
    } else runs.push({ frames: [frame], firstFrameLine: index, lastFrameLine: index })
  })
  return runs.map((run, at) => withHeader(lines, run, runs[at - 1]?.lastFrameLine ?? -1))
}

function continues(lines: readonly string[], lastFrameLine: number, index: number): boolean {
  if (index - lastFrameLine > MAX_INTERLEAVED + 1) return false
  const between = lines.slice(lastFrameLine + 1, index)
  return between.every((line) => line.trim() !== '' && readErrorHeader(line) === null && !endsTrace(line))
}

function endsTrace(line: string): boolean {
  return /^\s*(?:Caused by|Suppressed|Wrapped by)|^\s*\.\.\. \d+ (?:more|common)|(?:^|\s)\[(?:cause|errors)\]:|^\s*}/i.test(
    line,
  )
}

function withHeader(lines: readonly string[], run: OpenRun, previousEnd: number): FrameRun {
  const from = Math.max(previousEnd + 1, run.firstFrameLine - MAX_HEADER_LINES)
  const gap = lines.slice(from, run.firstFrameLine)
  const at = headerIndex(gap)
  const header = at === -1 ? null : readAnyHeader(gap[at] ?? '')
  return {
    frames: run.frames,
    header: header === null ? unnamed(gap) : withRestOfMessage(header, gap.slice(at + 1)),
    headerLine: at === -1 ? run.firstFrameLine : from + at,
    firstFrameLine: run.firstFrameLine,
    lastFrameLine: run.lastFrameLine,
    gap,
  }
}

/** The nearest line above that names an error type; else the nearest one before a blank line that may be a header. */
function headerIndex(gap: readonly string[]): number {
  const named = gap.findLastIndex((line) => readErrorHeader(line) !== null)
  if (named !== -1) return named
  const blank = gap.findLastIndex((line) => line.trim() === '')
  const header = gap.findLastIndex((line) => readAnyHeader(line) !== null)
  return header > blank ? header : -1
}

function unnamed(gap: readonly string[]): ErrorHeader {
  return { type: 'Error', message: (gap.at(-1) ?? '').trim() }
}

function withRestOfMessage(header: ErrorHeader, rest: readonly string[]): ErrorHeader {
  const more = rest.map((line) => line.trimEnd()).filter((line) => line.trim() !== '')
  return more.length === 0 ? header : { ...header, message: [header.message, ...more].join('\n').trim() }
}
