import type { SgNode } from '@ast-grep/napi'
import { enclosingFunction } from './derived.ts'
import { statementOf } from './scope.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import type { Language } from '../../signals/stack-trace.ts'
import type { FaultSite } from './fix-template.ts'

const EMPTY = '(?:None|null|undefined|nil)'

/** Whether other code of the file treats this expression as one that may be absent. */
export function mayBeAbsent(expression: SgNode | null, site: FaultSite): boolean {
  if (expression === null) return false
  const name = escape(expression.text())
  if (name.length > 200) return false
  const signs = [
    // Compared with the empty value, or given it, somewhere else.
    `(?<![\\w.])${name}\\s*(?:is(?: not)?|[=!]==?)\\s*${EMPTY}\\b`,
    `(?<![\\w.])${name}\\s*=\\s*${EMPTY}\\b`,
    // Looked up in a way that gives nothing where there is nothing.
    `(?<![\\w.])${name}\\s*(?::?=)[^=\\n]{0,200}\\.(?:get|find|first|match|search|get_or_none|getOrNull)\\(`,
    // Declared optional.
    `(?<![\\w.])${name}\\s*(?:\\?\\s*:|:\\s*Optional\\[|:[^=,)\\n]{0,80}\\|\\s*${EMPTY})`,
  ]
  return signs.some((sign) => new RegExp(sign).test(site.text))
}

/**
 * Whether a simple statement before, in the same block, has taken a part of `$OBJ` already: had it been absent, the
 * program would have stopped there.
 */
export function wasUsedBefore(match: SgNode, language: Language): boolean {
  const object = match.getMatch('OBJ')?.text()
  const statement = statementOf(match, grammarOf(language))
  if (object === undefined || statement === null) return false
  const same = (node: SgNode): boolean =>
    node.findAll({ rule: { kind: String(match.kind()) } }).some((each) => isPartOf(each, object))
  const before = statement.prevAll().filter((each) => SIMPLE.has(String(each.kind())))
  const isIndirect = enclosingFunction(match, language)?.id() !== enclosingFunction(statement, language)?.id()
  const isSetBetween = before.some((each) => assigns(each, object, language))
  return !isIndirect && !isSetBetween && before.some(same)
}

const SIMPLE = new Set([
  'expression_statement',
  'lexical_declaration',
  'local_variable_declaration',
  'short_var_declaration',
])

function isPartOf(access: SgNode, object: string): boolean {
  const owner = ['value', 'object', 'operand']
    .map((field) => access.field(field))
    .find((node) => node !== null)
  return owner?.text() === object
}

function assigns(statement: SgNode, object: string, language: Language): boolean {
  const rule = { any: grammarOf(language).bindings.map((kind) => ({ kind })) }
  return statement
    .findAll({ rule })
    .some((each) => (each.field('left') ?? each.field('name'))?.text() === object)
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
