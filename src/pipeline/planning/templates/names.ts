import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../signals/stack-trace.ts'

/** The nodes within a node, or the node itself, that use a name; `{ rows }` in JavaScript is one of them. */
export function namesUsed(node: SgNode, language: Language): readonly SgNode[] {
  return identifiers(node, isScript(language) ? ['shorthand_property_identifier'] : [])
}

/** The nodes within the left side of a declaration that bind a name, as in `const { rows, total: count } = ...`. */
export function namesBound(pattern: SgNode, language: Language): readonly SgNode[] {
  return identifiers(pattern, isScript(language) ? ['shorthand_property_identifier_pattern'] : [])
}

/** A rule must not name a kind that the grammar lacks. */
function identifiers(node: SgNode, others: readonly string[]): readonly SgNode[] {
  const kinds = ['identifier', ...others]
  const inner = node.findAll({ rule: { any: kinds.map((kind) => ({ kind })) } })
  return inner.length === 0 && kinds.includes(String(node.kind())) ? [node] : inner
}

function isScript(language: Language): boolean {
  return language === 'javascript' || language === 'typescript'
}
