import type { SgNode } from '@ast-grep/napi'
import { chain, climb, isField, pass, refuse, stop } from './grammar.ts'
import type { Grammar, Step } from './grammar.ts'

/** Go has no conditional expression: only conditions can be guarded in place, the rest by statements. */
function step(node: SgNode, parent: SgNode): Step {
  switch (parent.kind()) {
    case 'selector_expression':
      return chain
    case 'index_expression':
      return isField(parent, 'operand', node) ? chain : climb
    case 'call_expression':
      return isField(parent, 'function', node) ? chain : refuse
    case 'argument_list':
      return parent.parent() === null
        ? refuse
        : { kind: 'climb', reach: 'operation', to: parent.parent() as SgNode }
    case 'binary_expression':
      return ['&&', '||'].includes(parent.field('operator')?.text() ?? '') ? stop('condition') : climb
    case 'unary_expression':
      return climb
    case 'parenthesized_expression':
      return pass
    case 'if_statement':
      return isField(parent, 'condition', node) ? stop('condition') : refuse
    default:
      return refuse
  }
}

const SKIPPABLE = new Set([
  'expression_statement',
  'assignment_statement',
  'inc_statement',
  'dec_statement',
  'for_statement',
])

export const GO: Grammar = {
  step,
  isSkippable: (statement) => SKIPPABLE.has(String(statement.kind())),
  blocks: new Set(['statement_list', 'block']),
  functions: new Set(['function_declaration', 'method_declaration', 'func_literal']),
  loose: new Set(['binary_expression', 'unary_expression']),
  isDelimited: (_, parent) =>
    ['if_statement', 'parenthesized_expression', 'argument_list'].includes(String(parent.kind())),
  texts: new Set(['raw_string_literal']),
  boundName: () => null,
  bindings: ['short_var_declaration', 'assignment_statement'],
  checks: ['if_statement'],
  expressionFile: 'package p\n\nvar x = (EXPR)\n',
}
