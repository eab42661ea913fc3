import type { SgNode } from '@ast-grep/napi'
import { chain, climb, isField, pass, refuse, stop } from './grammar.ts'
import type { Grammar, Step } from './grammar.ts'

function step(node: SgNode, parent: SgNode): Step {
  switch (parent.kind()) {
    case 'method_invocation':
      return isField(parent, 'object', node) ? chain : refuse
    case 'field_access':
    case 'cast_expression':
      return chain
    case 'array_access':
      return isField(parent, 'array', node) ? chain : climb
    case 'binary_expression':
      return ['&&', '||'].includes(parent.field('operator')?.text() ?? '') ? stop('condition') : climb
    case 'unary_expression':
    case 'instanceof_expression':
      return climb
    case 'parenthesized_expression':
      return pass
    case 'argument_list':
      return stop('argument')
    case 'if_statement':
    case 'while_statement':
    case 'do_statement':
      return stop('condition')
    case 'ternary_expression':
      return stop(isField(parent, 'condition', node) ? 'condition' : 'value')
    case 'assignment_expression':
      return isField(parent, 'right', node) && parent.field('operator')?.text() === '='
        ? stop('value')
        : refuse
    case 'variable_declarator':
    case 'return_statement':
      return stop('value')
    default:
      return refuse
  }
}

const DELIMITING = new Set(
  'variable_declarator argument_list return_statement parenthesized_expression assignment_expression'.split(
    ' ',
  ),
)

export const JAVA: Grammar = {
  step,
  isSkippable: (statement) =>
    ['expression_statement', 'enhanced_for_statement'].includes(String(statement.kind())),
  blocks: new Set(['block', 'constructor_body']),
  functions: new Set(['method_declaration', 'constructor_declaration', 'lambda_expression']),
  loose: new Set(
    'ternary_expression binary_expression unary_expression cast_expression lambda_expression assignment_expression instanceof_expression'.split(
      ' ',
    ),
  ),
  isDelimited: (_, parent) => DELIMITING.has(String(parent.kind())),
  texts: new Set(['string_literal']),
  boundName(node) {
    const parent = node.parent()
    const left =
      parent?.kind() === 'variable_declarator'
        ? parent.field('name')
        : parent?.kind() === 'assignment_expression'
          ? parent.field('left')
          : null
    return left?.kind() === 'identifier' ? left.text() : null
  },
  bindings: ['assignment_expression', 'variable_declarator'],
  checks: ['if_statement', 'assert_statement'],
  expressionFile: 'class C { Object x = (EXPR); }\n',
}
