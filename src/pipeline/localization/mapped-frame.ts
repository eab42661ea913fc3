import { frameSymbol } from './frame-symbol.ts'
import { matchFile } from './match-file.ts'
import { placeLine } from './place-line.ts'
import { inlineMap, namedMap, originalPlace, readMap } from './source-map.ts'
import type { SourceMap } from 'node:module'
import type { Language, StackFrame } from '../signals/stack-trace.ts'
import type { FrameSymbol } from './frame-symbol.ts'
import type { FramePlace } from './locate-frames.ts'
import type { SourceReader } from './source-reader.ts'

interface FoundMap {
  readonly map: SourceMap
  readonly path: string
}

/** A frame in a bundle whose map is in the repository, beside the bundle, named by it or inside of it. */
export async function throughSourceMap(
  frame: StackFrame,
  language: Language,
  reader: SourceReader,
): Promise<FramePlace | null> {
  if ((language !== 'javascript' && language !== 'typescript') || frame.line === null) return null
  if (!/\.[cm]?js(?:[?#].*)?$/.test(frame.file) || !frame.application) return null
  const bundle = matchFile(frame, language, reader.index, reader.layout)
  const path =
    bundle !== null && !bundle.compiled && bundle.paths.length === 1 ? (bundle.paths[0] ?? null) : null
  const found = path === null ? await mapWithoutBundle(frame, reader) : await mapOfBundle(path, reader)
  const original =
    found === null
      ? null
      : originalPlace(found.map, found.path, { line: frame.line, column: frame.column }, reader.index)
  const source = original === null ? null : await reader.source(original.path, language)
  if (original === null || source === null) return null
  const symbol = frameSymbol({ ...frame, symbol: original.name ?? frame.symbol }, language)
  const query = {
    line: original.line,
    symbol,
    lineCount: source.lines.length,
    definitions: source.definitions,
  }
  const placed = placeLine(query)
  // The map's line is exact; names in a bundle are often shortened, so a symbol that differs is no objection.
  const definition =
    placed.fit === 'exact' ? placed.definition : placeLine({ ...query, symbol: NO_SYMBOL }).definition
  return {
    line: original.line,
    definition,
    fit: 'exact',
    path: original.path,
    language: source.language,
    lines: source.lines,
    doubts: [],
  }
}

const NO_SYMBOL: FrameSymbol = { name: null, owner: null }

async function mapOfBundle(path: string, reader: SourceReader): Promise<FoundMap | null> {
  const bundle = await reader.text(path)
  if (bundle === null) return null
  const inline = inlineMap(bundle)
  if (inline !== null) return { map: inline, path }
  return readMapFile([namedMap(bundle, path), `${path}.map`], reader)
}

async function mapWithoutBundle(frame: StackFrame, reader: SourceReader): Promise<FoundMap | null> {
  const beside = matchFile(
    { ...frame, file: `${frame.file.replace(/[?#].*$/, '')}.map` },
    'javascript',
    reader.index,
    reader.layout,
  )
  return beside?.paths.length === 1 ? readMapFile([beside.paths[0] ?? null], reader) : null
}

async function readMapFile(
  paths: readonly (string | null)[],
  reader: SourceReader,
): Promise<FoundMap | null> {
  const path = paths.find((each): each is string => each !== null && reader.index.paths.has(each))
  const text = path === undefined ? null : await reader.text(path)
  const map = text === null ? null : readMap(text)
  return path === undefined || map === null ? null : { map, path }
}
