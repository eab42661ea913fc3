import type { SgNode } from '@ast-grep/napi'

/** A stretch of source text that can stand elsewhere: its first line without, the others with their indentation. */
export interface Piece {
  readonly text: string
  /** Indentation of the line on which it began. */
  readonly indent: string
  /** Lines (0-based, within the piece) that begin inside a string and must stay as they are. */
  readonly fixedLines: ReadonlySet<number>
  /** An expression that its neighbours would tear apart: it is put in parentheses beside an operator. */
  readonly loose?: boolean
}

export type Pieces = Readonly<Record<string, Piece>>

const VARIABLE = /\$(?:\$\$)?([A-Z][A-Z0-9_]{0,40})/g

/** The names of the variables in a fix text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map((found) => found[1] ?? '')
}

/** The source between two offsets as a piece. */
export function pieceBetween(
  root: SgNode,
  source: string,
  range: { start: number; end: number },
  texts: ReadonlySet<string>,
): Piece {
  const text = source.slice(range.start, range.end)
  const firstLine = lineOf(source, range.start)
  const fixedLines = new Set<number>()
  for (const kind of texts) {
    for (const node of root.findAll({ rule: { kind } })) {
      const { start, end } = node.range()
      if (end.index <= range.start || start.index >= range.end) continue
      for (let line = start.line + 1; line <= end.line; line += 1) fixedLines.add(line - firstLine)
    }
  }
  return { text, indent: indentAt(source, range.start), fixedLines }
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length - 1
}

/** The white space with which the line of this offset begins. */
export function indentAt(source: string, offset: number): string {
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(source.slice(lineStart))?.[0] ?? ''
}

/** The piece without these lines (0-based, within it). */
export function withoutLines(piece: Piece, gone: ReadonlySet<number>): Piece {
  const kept = piece.text
    .split('\n')
    .map((text, line) => ({ text, line }))
    .filter(({ line }) => !gone.has(line))
  const fixed = kept.flatMap(({ line }, index) => (piece.fixedLines.has(line) ? [index] : []))
  return { ...piece, text: kept.map(({ text }) => text).join('\n'), fixedLines: new Set(fixed) }
}

export function plainPiece(text: string): Piece {
  return { text, indent: '', fixedLines: new Set() }
}

/**
 * The fix text with its variables filled in, to stand at an indentation of `base`. A level of indentation in the fix
 * text (its smallest) becomes one `unit` of the file. Variables without a piece are left out of the answer: null.
 */
export function substitute(fix: string, pieces: Pieces, base: string, unit: string): string | null {
  if (variablesIn(fix).some((name) => pieces[name] === undefined)) return null
  const lines = withoutEmptyLists(fix, pieces).replace(/\n+$/, '').split('\n')
  const step = Math.min(...lines.map(leadingSpaces).filter((width) => width > 0))
  const filled = lines.map((line, index) => {
    const level = Number.isFinite(step) ? leadingSpaces(line) / step : 0
    const indent = base + unit.repeat(level)
    const code = line.trimStart()
    const body = code.replace(VARIABLE, (whole: string, name: string, at: number) => {
      const piece = pieces[name] ?? plainPiece('')
      const text = placed(piece, indent)
      return piece.loose === true && !isDelimited(code, at, whole.length) ? `(${text})` : text
    })
    return index === 0 || body === '' ? body : indent + body
  })
  return filled.join('\n')
}

/** Whether brackets, commas or nothing at all stand on both sides. */
function isDelimited(code: string, at: number, length: number): boolean {
  const [before, after] = [code.slice(0, at).trimEnd(), code.slice(at + length).trimStart()]
  return /(?:^|[([{,])$/.test(before) && /^(?:$|[)\]},])/.test(after)
}

/** `f($A, $$$MORE, b)` without a `$$$MORE`: its comma goes with it. */
function withoutEmptyLists(fix: string, pieces: Pieces): string {
  return fix.replace(/, \$\$\$([A-Z][A-Z0-9_]*)/g, (whole, name: string) =>
    pieces[name]?.text === '' ? '' : whole,
  )
}

function leadingSpaces(line: string): number {
  return line.length - line.trimStart().length
}

/** The piece with its lines moved from the indentation they had to the one they get. */
function placed(piece: Piece, indent: string): string {
  return piece.text
    .split('\n')
    .map((line, index) => {
      if (index === 0 || piece.fixedLines.has(index) || line.trim() === '') return line
      return line.startsWith(piece.indent) ? indent + line.slice(piece.indent.length) : line
    })
    .join('\n')
}

/** One level of indentation as the file writes it: the step by which its lines most often go deeper. */
export function indentUnit(source: string, fallback: string): string {
  const steps = new Map<number, number>()
  let before = 0
  for (const line of source.split('\n')) {
    if (line.startsWith('\t')) return '\t'
    // The stars of comments are no level, and an empty line ends none.
    if (line.trim() === '' || line.trimStart().startsWith('*')) continue
    const width = leadingSpaces(line)
    if (width > before) steps.set(width - before, (steps.get(width - before) ?? 0) + 1)
    before = width
  }
  const [most] = [...steps].toSorted((a, b) => b[1] - a[1])
  return most === undefined ? fallback : ' '.repeat(Math.min(most[0], 8))
}
