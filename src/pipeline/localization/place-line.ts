import { definitionsAround } from './definitions.ts'
import type { Definition } from './definitions.ts'
import type { FrameSymbol } from './frame-symbol.ts'

/** Where a frame stands in the text that was read, and whether its own line number could be trusted. */
export interface Placed {
  readonly line: number
  readonly definition: Definition | null
  /** `lost`: the text has neither the line nor the symbol. */
  readonly fit: 'exact' | 'by-symbol' | 'unconfirmed' | 'lost'
}

export interface PlaceQuery {
  readonly line: number | null
  readonly symbol: FrameSymbol
  readonly lineCount: number
  readonly definitions: readonly Definition[]
}

/**
 * Finds the line of a frame. A line number that lies outside of the frame's function is of another version of the file (or of
 * a compiled one): the function is then searched by its name, and its first line stands for the frame.
 */
export function placeLine(query: PlaceQuery): Placed {
  const around = query.line === null ? [] : definitionsAround(query.definitions, query.line)
  const inFile = query.line !== null && query.line >= 1 && query.line <= query.lineCount
  const fits = around.find((each) => isNamed(each, query.symbol))
  if (inFile && query.line !== null && fits !== undefined)
    return { line: query.line, definition: fits, fit: 'exact' }
  const elsewhere = uniqueDefinition(query.definitions, query.symbol)
  if (elsewhere !== null) return { line: elsewhere.from, definition: elsewhere, fit: 'by-symbol' }
  if (!inFile || query.line === null) return { line: 1, definition: null, fit: 'lost' }
  const definition = around.find((each) => each.kind === 'function') ?? around[0] ?? null
  // A frame at the top of a file, or in an anonymous function, names no symbol that could disagree.
  return { line: query.line, definition, fit: query.symbol.name === null ? 'exact' : 'unconfirmed' }
}

function isNamed(definition: Definition, symbol: FrameSymbol): boolean {
  if (symbol.name === null) return false
  return (
    definition.name === symbol.name || (symbol.name === 'constructor' && definition.name === symbol.owner)
  )
}

/** The only definition of that name, or the only one of that name in the frame's class. */
function uniqueDefinition(definitions: readonly Definition[], symbol: FrameSymbol): Definition | null {
  const named = definitions.filter((each) => isNamed(each, symbol))
  const owned = named.filter(
    (each) => symbol.owner !== null && each.qualifiedName.split('.').includes(symbol.owner),
  )
  const candidates = owned.length > 0 ? owned : named
  const functions = candidates.filter((each) => each.kind === 'function')
  const best = functions.length > 0 ? functions : candidates
  return best.length === 1 ? (best[0] ?? null) : null
}
