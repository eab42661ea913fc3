import { causeChain } from '../signals/found-trace.ts'
import { pathSegments } from './frame-path.ts'
import { frameSymbol } from './frame-symbol.ts'
import { throughSourceMap } from './mapped-frame.ts'
import { matchFile } from './match-file.ts'
import { placeLine } from './place-line.ts'
import { openReader } from './source-reader.ts'
import type { Language, StackFrame, StackTrace } from '../signals/stack-trace.ts'
import type { FileMatch } from './match-file.ts'
import type { Placed } from './place-line.ts'
import type { SourceRepository } from './ports.ts'
import type { SourceReader } from './source-reader.ts'

/** A frame found in the repository. */
export interface FramePlace extends Placed {
  readonly path: string
  readonly language: Language
  readonly lines: readonly string[]
  readonly doubts: readonly string[]
}

export interface FrameInRepository {
  readonly frame: StackFrame
  /** The exception of the chain that printed this frame. */
  readonly trace: StackTrace
  readonly place: FramePlace | null
}

const MAX_ALTERNATIVES = 8

/**
 * The frames of a trace and of its causes, the first cause's innermost frame first, each with its place in the repository at
 * `commit`. At most `maxFrames` frames are looked at.
 */
export async function locateFrames(query: {
  readonly trace: StackTrace
  readonly repository: SourceRepository
  readonly commit: string
  readonly codeRoots: readonly string[]
  readonly maxFrames: number
}): Promise<readonly FrameInRepository[]> {
  const reader = await openReader(query.repository, query.commit, query.codeRoots, query.trace.language)
  const frames = causeChain(query.trace)
    .toReversed()
    .flatMap((trace) => trace.frames.map((frame) => ({ frame, trace })))
  const seen = new Set<string>()
  const distinct = frames.filter(({ frame }) => {
    const key = `${frame.file}:${frame.line}:${frame.symbol}`
    return seen.has(key) ? false : seen.add(key) !== undefined
  })
  return Promise.all(
    distinct.slice(0, query.maxFrames).map(async ({ frame, trace }) => ({
      frame,
      trace,
      place: await placeFrame(frame, trace.language, reader),
    })),
  )
}

async function placeFrame(
  frame: StackFrame,
  language: Language,
  reader: SourceReader,
): Promise<FramePlace | null> {
  const mapped = await throughSourceMap(frame, language, reader)
  if (mapped !== null) return mapped
  const match = matchFile(frame, language, reader.index, reader.layout)
  if (match === null) return null
  const places: FramePlace[] = []
  for (const path of inOrderOfLikeliness(match.paths).slice(0, MAX_ALTERNATIVES)) {
    const place = await placeIn(path, frame, language, reader)
    if (place !== null) places.push(place)
  }
  const fits = places.filter((place) => place.fit === 'exact')
  const best = fits[0] ?? places.find((place) => place.fit !== 'lost') ?? places[0]
  if (best === undefined) return null
  const others = (fits.length > 0 ? fits : places).filter((place) => place !== best)
  return {
    ...best,
    doubts: [...matchDoubts(match, best, others), ...placeDoubts(frame, best, match, reader.commit)],
  }
}

async function placeIn(
  path: string,
  frame: StackFrame,
  language: Language,
  reader: SourceReader,
): Promise<FramePlace | null> {
  const source = await reader.source(path, language)
  if (source === null) return null
  const { definitions, lines } = source
  const symbol = frameSymbol(frame, language)
  const placed = placeLine({ line: frame.line, symbol, lineCount: lines.length, definitions })
  return { ...placed, path, language: source.language, lines, doubts: [] }
}

/** Code before tests, and what lies higher before what lies deeper. */
function inOrderOfLikeliness(paths: readonly string[]): readonly string[] {
  const rank = (path: string): number => (isTestPath(path) ? 1000 : 0) + path.split('/').length
  return paths.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

export function isTestPath(path: string): boolean {
  return /(?:^|\/)(?:tests?|__tests__|specs?|testdata|fixtures|mocks?)\/|(?:[._-](?:test|spec)|(?:^|\/)conftest)\.\w+$|(?:^|\/)test_[^/]+\.py$|Tests?\.java$/.test(
    path,
  )
}

function matchDoubts(match: FileMatch, best: FramePlace, others: readonly FramePlace[]): readonly string[] {
  const doubts: string[] = []
  if (others.length > 0)
    doubts.push(
      `the path in the trace also fits ${others
        .map((place) => place.path)
        .slice(0, 3)
        .join(', ')}`,
    )
  if (match.byNameOnly) doubts.push(`only the name of ${best.path} fits the trace, not its directory`)
  return doubts
}

function placeDoubts(
  frame: StackFrame,
  place: FramePlace,
  match: FileMatch,
  commit: string,
): readonly string[] {
  const at = commit.slice(0, 12)
  const name = place.definition?.qualifiedName ?? frame.symbol ?? ''
  if (match.compiled) {
    const what = place.fit === 'by-symbol' ? `the first line of ${name} is marked` : 'the line may be another'
    return [
      `${lastName(frame.file)} was compiled from ${place.path} and its source map is not in the repository: ${what}`,
    ]
  }
  if (place.fit === 'by-symbol' && frame.line === null)
    return [`the trace gives no line for ${name}: its first line is marked`]
  if (place.fit === 'by-symbol')
    return [
      `line numbers shifted: line ${frame.line} of ${place.path} is not in ${name} at ${at}, so the first line of ${name} is marked`,
    ]
  if (place.fit === 'unconfirmed')
    return [
      `${place.path} at ${at} does not define ${frame.symbol ?? ''}: the line is taken from the trace as it is`,
    ]
  if (place.fit === 'lost')
    return [
      `${place.path} at ${at} has neither line ${frame.line ?? '?'} nor ${frame.symbol ?? 'a symbol'} of the trace`,
    ]
  return []
}

function lastName(file: string): string {
  return pathSegments(file).at(-1) ?? file
}
