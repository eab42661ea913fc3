import type { SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import { agreement } from './agreement.ts'
import { holds } from './conditions.ts'
import { derive } from './derived.ts'
import { ensureImport } from './ensure-import.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import { findScope } from './scope.ts'
import {
  indentAt,
  indentUnit,
  pieceBetween,
  plainPiece,
  substitute,
  variablesIn,
  withoutLines,
} from './substitute.ts'
import type { FaultSite, FixTemplate, TemplateFix } from './fix-template.ts'
import type { Captures } from './match-exception.ts'
import type { Scope } from './scope.ts'
import type { Piece } from './substitute.ts'

interface Place {
  readonly site: FaultSite
  readonly root: SgNode
  readonly template: FixTemplate
  readonly match: SgNode
  readonly scope: Scope
  readonly captures: Captures
}

/** The smallest indentation of the languages whose files do not show one. */
const DEFAULT_UNIT = { python: '    ', java: '    ', javascript: '  ', typescript: '  ', go: '\t' } as const

const DEFAULT_TIMEOUT_MS = 5_000

/** What one template makes of one match; null where it does not fit there. `prior` is its confidence before that. */
export function applyTemplate(found: Omit<Place, 'scope'>, prior: number): TemplateFix | null {
  const place = placeOf(found)
  return place === null ? null : fixAt(place, prior)
}

function placeOf(found: Omit<Place, 'scope'>): Place | null {
  const { site, template, match } = found
  const resource = match.getMatch('RESOURCE')?.text() ?? null
  const scope = findScope(template.scope, { match, language: site.language, text: site.text, resource })
  if (scope === null) return null
  if (!template.positions.includes(scope.position)) return null
  if (!template.reaches.includes(scope.reach)) return null
  const { captures } = found
  const isSound = template.when.every((name) =>
    holds(name, { match, scope, captures, language: site.language }),
  )
  return isSound ? { ...found, scope } : null
}

function fixAt(place: Place, prior: number): TemplateFix | null {
  const { site, template, scope } = place
  const agreed = agreement(place)
  const pieces = piecesOf(place)
  if (agreed === null || pieces === null) return null
  const base = indentAt(site.text, scope.start)
  const filled = substitute(template.fix, pieces, base, indentUnit(site.text, DEFAULT_UNIT[site.language]))
  if (filled === null) return null
  const replaced = site.text.slice(scope.start, scope.end)
  const replacement = parenthesised(filled, place)
  const edited = site.text.slice(0, scope.start) + replacement + site.text.slice(scope.end)
  const newText = neededImports(template, replacement, site).reduce(
    (text, line) => ensureImport(text, line, site.language),
    edited,
  )
  if (newText === site.text || breaksSyntax(place.root, site, newText)) return null
  const title = substitute(template.title, titlePieces(pieces), '', '') ?? template.id
  const confidence = Math.min(prior * agreed.factor, 0.95)
  const at = { start: scope.start, end: scope.start + replacement.length }
  return { template, title, newText, at, replaced, replacement, confidence, notes: agreed.notes }
}

/** Go refuses an import that is not used, and not every form of a fix uses it. */
function neededImports(template: FixTemplate, replacement: string, site: FaultSite): readonly string[] {
  return site.language === 'go'
    ? template.imports.filter((name) => replacement.includes(`${name}.`))
    : template.imports
}

/** What the variables of the texts stand for; null where one of them cannot be known. */
function piecesOf(place: Place): Readonly<Record<string, Piece>> | null {
  const { site, root, template, match, scope } = place
  const around = scope.node.parent() ?? root
  const { texts } = grammarOf(site.language)
  const piece = (start: number, end: number): Piece => pieceBetween(around, site.text, { start, end }, texts)
  const pieces: Record<string, Piece> = {}
  for (const name of variablesIn(`${template.title} ${template.fix} ${template.inner ?? ''}`)) {
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
  if (scope.rest.length > 0) pieces.REST = restPiece(place)
  return pieces
}

function isMultiple(name: string, template: FixTemplate): boolean {
  return `${template.fix} ${template.inner ?? ''}`.includes(`$$$${name}`)
}

/** The text of the scope, after the template's `inner` has replaced the match in it. */
function innerText(place: Place, pieces: Readonly<Record<string, Piece>>): string | null {
  const { site, template, match, scope } = place
  const whole = site.text.slice(scope.start, scope.end)
  if (template.inner === null) return whole
  const inner = substitute(template.inner, pieces, '', '')
  if (inner === null) return null
  const { start, end } = match.range()
  return whole.slice(0, start.index - scope.start) + inner + whole.slice(end.index - scope.start)
}

/** The statements after the first, without those that close the resource: the new block does that. */
function restPiece({ site, root, match, scope }: Place): Piece {
  const resource = match.getMatch('RESOURCE')?.text() ?? ''
  const lines = site.text.split('\n')
  const isClose = (node: SgNode): boolean =>
    // With something else on its line it stays: to close twice does no harm.
    (lines[node.range().start.line] ?? '').replace(/[\s;]/g, '') === `${resource}.close()`
  const kept = scope.rest.filter((node) => !isClose(node))
  const [first, last] = [kept[0], kept.at(-1)]
  if (first === undefined || last === undefined) return plainPiece('pass')
  const range = { start: first.range().start.index, end: last.range().end.index }
  const piece = pieceBetween(scope.node.parent() ?? root, site.text, range, grammarOf(site.language).texts)
  const firstLine = first.range().start.line
  const closing = scope.rest.filter(isClose).map((node) => node.range().start.line - firstLine)
  return withoutLines(piece, new Set(closing))
}

function addDerived({ root, scope, site, template }: Place, pieces: Record<string, Piece>): void {
  const { language, timeoutMs = DEFAULT_TIMEOUT_MS } = site
  for (const name of variablesIn(`${template.title} ${template.fix} ${template.inner ?? ''}`)) {
    if (pieces[name] !== undefined) continue
    const text = derive(name, { scope, root, language, subject: pieces.OBJ?.text ?? '', timeoutMs })
    if (text !== null) pieces[name] = plainPiece(text)
  }
}

/** For a heading: one line, not too long. */
function titlePieces(pieces: Readonly<Record<string, Piece>>): Readonly<Record<string, Piece>> {
  return Object.fromEntries(
    Object.entries(pieces).map(([name, { text }]) => {
      const line = text.replace(/\s+/g, ' ')
      return [name, plainPiece(line.length > 60 ? `${line.slice(0, 57)}...` : line)]
    }),
  )
}

/** A conditional expression in place of a name needs parentheses where its neighbours would bind tighter. */
function parenthesised(replacement: string, { site, scope }: Place): string {
  const grammar = grammarOf(site.language)
  const parent = scope.node.parent()
  if (parent === null || scope.position === 'statement' || grammar.blocks.has(String(parent.kind())))
    return replacement
  if (grammar.isDelimited(scope.node, parent)) return replacement
  const file = grammar.expressionFile.replace('EXPR', () => replacement)
  const inner = parseSource(site.language, file, site.path)
    .root()
    .findAll({ rule: { kind: 'parenthesized_expression' } })[0]
    ?.namedChildren()
    .find((child) => child.text() === replacement)
  return inner === undefined || grammar.loose.has(String(inner.kind())) ? `(${replacement})` : replacement
}

/** A cheap check for templates that do not fit after all; the proof is the syntax gate's. */
function breaksSyntax(root: SgNode, site: FaultSite, newText: string): boolean {
  const errors = { rule: { kind: 'ERROR' } }
  const after = parseSource(site.language, newText, site.path).root()
  return after.find(errors) !== null && after.findAll(errors).length > root.findAll(errors).length
}
