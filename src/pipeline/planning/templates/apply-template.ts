import type { SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import { agreement } from './agreement.ts'
import { objectionOf } from './conditions.ts'
import { withDeclaration } from './declarations.ts'
import { ensureImport } from './ensure-import.ts'
import type { FaultSite, FixTemplate, TemplateFix, TemplateRefusal } from './fix-template.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import { declarationAt, piecesOf, titleOf } from './pieces.ts'
import { placeOf } from './place.ts'
import type { Place } from './place.ts'
import { indentAt, substitute } from './substitute.ts'

/** What one template makes of one match; null where it does not fit there. `prior` is its confidence before that. */
export function applyTemplate(found: Omit<Place, 'scope'>, prior: number): TemplateFix | null {
  const place = placeOf(found)
  if (place === null || whyRefused(place) !== null) return null
  return fixAt(place, prior)
}

/** Why a template that fits in every other respect must not be used at a match; null where it may, or does not fit. */
export function refusalAt(found: Omit<Place, 'scope'>): TemplateRefusal | null {
  const place = placeOf(found)
  if (place === null) return null
  const refused = whyRefused(place)
  if (refused === null || refused.reason === null) return null
  return { template: place.template, title: titleOf(place, piecesOf(place)), reason: refused.reason }
}

/** The condition that does not hold; one that is a matter of fitting comes before one that has a reason. */
function whyRefused(place: Place): { readonly reason: string | null } | null {
  const question = { ...place, language: place.site.language }
  const failed = place.template.when.flatMap((name) => objectionOf(name, question) ?? [])
  return failed.find(({ reason }) => reason === null) ?? failed[0] ?? null
}

function fixAt(place: Place, prior: number): TemplateFix | null {
  const { site, template, scope } = place
  const agreed = agreement(place)
  const pieces = piecesOf(place)
  if (agreed === null || pieces === null) return null
  const declaration = declarationAt(place)
  const base = indentAt(site.text, scope.start)
  const filled = substitute(template.fix, pieces, base, declaration.unit)
  if (filled === null) return null
  const replaced = site.text.slice(scope.start, scope.end)
  const replacement = parenthesised(filled, place)
  const edited = site.text.slice(0, scope.start) + replacement + site.text.slice(scope.end)
  const moved = replacement.length - replaced.length
  const declared = withDeclaration(edited, declaration, pieces, moved)
  if (declared === null) return null
  const newText = neededImports(template, replacement, site).reduce(
    (text, line) => ensureImport(text, line, site.language),
    declared,
  )
  if (newText === site.text || breaksSyntax(place.root, site, newText)) return null
  const title = titleOf(place, pieces)
  const confidence = Math.min(prior * agreed.factor, 0.95)
  const at = { start: scope.start, end: scope.start + replacement.length }
  return { template, title, newText, at, replaced, replacement, confidence, notes: agreed.notes }
}

/** Go refuses an import that is not used, and not every form of a fix uses it. */
function neededImports(template: FixTemplate, replacement: string, site: FaultSite): readonly string[] {
  if (site.language !== 'go') return template.imports
  const code = `${replacement} ${template.declares ?? ''}`
  return template.imports.filter((path) => code.includes(`${path.split('/').at(-1) ?? path}.`))
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
