import type { SgNode } from '@ast-grep/napi'
import { enclosingFunction } from './derived.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import type { Scope } from './scope.ts'
import type { Language } from '../../signals/stack-trace.ts'

/**
 * A sentence on where the variable that now may be empty is used in a way that fails on it, in the same function and
 * without a check; null where no such use is seen.
 */
export function laterFailure(scope: Scope, language: Language): string | null {
  const grammar = grammarOf(language)
  const name = grammar.boundName(scope.node)
  const around = enclosingFunction(scope.node, language)
  if (name === null || around === null) return null
  const use = around
    .findAll({ rule: { kind: 'identifier' } })
    .filter((node) => node.text() === name && node.range().start.index > scope.end)
    .find((node) => failsOnEmpty(node, language) && !mentionedInCheck(node, name))
  return use === undefined
    ? null
    : `\`${name}\` may be empty and is used on line ${use.range().start.line + 1}`
}

function failsOnEmpty(node: SgNode, language: Language): boolean {
  const parent = node.parent()
  if (parent === null) return false
  const step = grammarOf(language).step(node, parent)
  return step.kind === 'climb' || (step.kind === 'stop' && step.position === 'iterated')
}

const CHECKS = new Set([
  'if_statement',
  'elif_clause',
  'conditional_expression',
  'ternary_expression',
  'while_statement',
  'boolean_operator',
  'binary_expression',
])

/** Whether a condition around the node, of which it is no part, names this expression. */
export function mentionedInCheck(node: SgNode, expression: string): boolean {
  return node.ancestors().some((ancestor) => {
    if (!CHECKS.has(String(ancestor.kind()))) return false
    const condition = ancestor.field('condition') ?? ancestor.field('left') ?? conditionOf(ancestor)
    if (condition === null || isWithin(node, condition)) return false
    return wordIn(condition.text(), expression)
  })
}

function isWithin(node: SgNode, outer: SgNode): boolean {
  const [inner, range] = [node.range(), outer.range()]
  return inner.start.index >= range.start.index && inner.end.index <= range.end.index
}

function wordIn(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!/[\w.]/.test(text[at - 1] ?? ' ') && !/\w/.test(text[at + word.length] ?? ' ')) return true
  }
  return false
}

/** Python's `a if b else c` names no field: the condition is the second part; `a and b` is checked by its first. */
function conditionOf(check: SgNode): SgNode | null {
  return check.kind() === 'conditional_expression' ? (check.namedChildren()[1] ?? null) : null
}
