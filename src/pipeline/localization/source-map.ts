import { SourceMap } from 'node:module'
import * as posix from 'node:path/posix'
import { longestSuffix } from './file-index.ts'
import { pathSegments } from './frame-path.ts'
import type { FileIndex } from './file-index.ts'

export interface OriginalPlace {
  readonly path: string
  /** One-based. */
  readonly line: number
  readonly name: string | null
}

const MAX_MAP = 64 * 1024 * 1024
const URL_COMMENT = /\/[/*][#@] ?sourceMappingURL=([^\s*]{1,2000})/g
const INLINE = /sourceMappingURL=data:application\/json[^,]{0,100};base64,([A-Za-z0-9+/=]+)/

/** The map that a bundle carries within itself; null where it has none. */
export function inlineMap(bundle: string): SourceMap | null {
  const at = bundle.lastIndexOf('sourceMappingURL=data:')
  const encoded = at === -1 ? undefined : INLINE.exec(bundle.slice(at))?.[1]
  return encoded === undefined ? null : readMap(Buffer.from(encoded, 'base64').toString('utf8'))
}

/** The path of the map that a bundle names, relative to the repository; null where it names none. */
export function namedMap(bundle: string, path: string): string | null {
  const name = [...bundle.slice(-4_000).matchAll(URL_COMMENT)].at(-1)?.[1]
  if (name === undefined || /^[a-z]+:/i.test(name)) return null
  return posix.normalize(posix.join(posix.dirname(path), name))
}

/** A source map's text read; null where it is none (a broken build must not break the search). */
export function readMap(text: string): SourceMap | null {
  if (text.length > MAX_MAP) return null
  try {
    return new SourceMap(JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, '')))
  } catch {
    return null // Not a map: the frame stays in the bundle, and the doubts say so.
  }
}

/** Where a place of the bundle comes from; null where the map does not know it or its source is not in the repository. */
export function originalPlace(
  map: SourceMap,
  mapPath: string,
  place: { readonly line: number; readonly column: number | null },
  index: FileIndex,
): OriginalPlace | null {
  const entry = map.findEntry(place.line - 1, Math.max(0, (place.column ?? 1) - 1))
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return null
  const path = sourcePath(entry.originalSource, mapPath, index)
  if (path === null) return null
  const name = 'name' in entry && typeof entry.name === 'string' ? entry.name : null
  return { path, line: entry.originalLine + 1, name }
}

function sourcePath(source: string, mapPath: string, index: FileIndex): string | null {
  const beside = posix.normalize(posix.join(posix.dirname(mapPath), source))
  if (index.paths.has(beside)) return beside
  const match = longestSuffix(index, pathSegments(source))
  return match !== null && match.paths.length === 1 ? (match.paths[0] ?? null) : null
}
