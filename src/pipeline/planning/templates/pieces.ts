import type { SgNode } from '@ast-grep/napi'
import { declaredAlready } from './declarations.ts'
import type { DeclarationQuestion } from './declarations.ts'
import { derive } from './derived.ts'
import type { FixTemplate } from './fix-template.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import type { Place } from './place.ts'
import { indentUnit, pieceBetween, plainPiece, substitute, variablesIn, withoutLines } from './substitute.ts'
import type { Piece, Pieces } from './substitute.ts'

/** The smallest indentation of the languages whose files do not show one. */
const DEFAULT_UNIT = { python: '    ', java: '    ', javascript: '  ', typescript: '  ', go: '\t' } as const

const DEFAULT_TIMEOUT_MS = 5_000

/** What the variables of the texts stand for; null where one of them cannot be known. */
export function piecesOf(place: Place): Pieces | null {
  const { site, root, template, match, scope } = place
  const around = scope.node.parent() ?? root
  const { texts } = grammarOf(site.language)
  const piece = (start: number, end: number): Piece => pieceBetween(around, site.text, { start, end }, texts)
  const pieces: Record<string, Piece> = {}
  for (const name of variablesIn(`${template.title} ${textsOf(template)}`)) {
    const nodes = [match.getMatch(name), ...match.getMultipleMatches(name)].filter((node) => node !== null)
    // A trailing comma would meet the one that the fix writes.
    while (nodes.at(-1)?.text() === ',') nodes.pop()
    const [first, last] = [nodes[0], nodes.at(-1)]
    if (first !== undefined && last !== undefined) {
      const loose = nodes.length === 1 && grammarOf(site.language).loose.has(String(first.kind()))
      pieces[name] = { ...piece(first.range().start.index, last.range().end.index), loose }
    } else if (isMultiple(name, template)) pieces[name] = plainPiece('')
  }
  addDerived(place, pieces)
  const inner = innerText(place, pieces)
  if (inner === null) return null
  pieces.EXPR = { ...piece(scope.start, scope.end), text: inner }
  pieces.STMT = pieces.EXPR
  const rest = scope.rest.length > 0 ? restPiece(place) : null
  if (rest !== null) pieces.REST = rest
  return pieces
}

function isMultiple(name: string, template: FixTemplate): boolean {
  return textsOf(template).includes(`$$$${name}`)
}

/** The text of the scope, after the template's `inner` has replaced the match in it. */
function innerText(place: Place, pieces: Pieces): string | null {
  const { site, template, match, scope } = place
  const whole = site.text.slice(scope.start, scope.end)
  if (template.inner === null) return whole
  const inner = substitute(template.inner, pieces, '', '')
  if (inner === null) return null
  const { start, end } = match.range()
  return whole.slice(0, start.index - scope.start) + inner + whole.slice(end.index - scope.start)
}

/** The statements after the first, without those that close the resource: the new block does that. Null where none stays. */
function restPiece({ site, root, match, scope }: Place): Piece | null {
  const resource = match.getMatch('RESOURCE')?.text() ?? ''
  const lines = site.text.split('\n')
  const isClose = (node: SgNode): boolean =>
    // With something else on its line it stays: to close twice does no harm.
    isClosing((lines[node.range().start.line] ?? '').trim(), resource)
  const kept = scope.rest.filter((node) => !isClose(node))
  const [first, last] = [kept[0], kept.at(-1)]
  if (first === undefined || last === undefined) return site.language === 'python' ? plainPiece('pass') : null
  const range = { start: first.range().start.index, end: last.range().end.index }
  const piece = pieceBetween(scope.node.parent() ?? root, site.text, range, grammarOf(site.language).texts)
  const firstLine = first.range().start.line
  const closing = scope.rest.filter(isClose).map((node) => node.range().start.line - firstLine)
  return withoutLines(piece, new Set(closing))
}

function isClosing(line: string, resource: string): boolean {
  const [, name, method] = /^(?:await )?(\w+)\.(\w+)\(\);?$/.exec(line) ?? []
  return name === resource && /^(?:close|release|destroy|end|disconnect)$/.test(method ?? '')
}

function addDerived(place: Place, pieces: Record<string, Piece>): void {
  const { root, scope, site, template, match } = place
  const { language, timeoutMs = DEFAULT_TIMEOUT_MS } = site
  Object.assign(pieces, declaredAlready(declarationAt(place), pieces))
  for (const name of variablesIn(`${template.title} ${textsOf(template)}`)) {
    if (pieces[name] !== undefined) continue
    const text = derive(name, { match, scope, root, language, timeoutMs })
    if (text !== null) pieces[name] = plainPiece(text)
  }
}

function textsOf({ fix, inner, declares }: FixTemplate): string {
  return [fix, inner ?? '', declares ?? ''].join(' ')
}

/** Where and in what form the definitions of a template go into the file. */
export function declarationAt({ site, template, scope }: Place): DeclarationQuestion {
  const unit = indentUnit(site.text, DEFAULT_UNIT[site.language])
  return { declares: template.declares, node: scope.node, language: site.language, unit }
}

/** The heading of the repair: its variables on one line, and not too long. */
export function titleOf({ template }: Place, pieces: Pieces | null): string {
  return substitute(template.title, titlePieces(pieces ?? {}), '', '') ?? template.id
}

function titlePieces(pieces: Pieces): Pieces {
  return Object.fromEntries(
    Object.entries(pieces).map(([name, { text }]) => {
      const line = text.replace(/\s+/g, ' ')
      return [name, plainPiece(line.length > 60 ? `${line.slice(0, 57)}...` : line)]
    }),
  )
}
