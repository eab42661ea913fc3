import type { SgNode } from '@ast-grep/napi'
import { chain, climb, isField, operators, pass, refuse, stop } from './grammar.ts'
import type { Grammar, Step } from './grammar.ts'

/** Functions of the standard library that raise on None. */
const REJECTS_NONE = new Set(
  'abs len int float round sum sorted min max list set tuple dict iter next enumerate zip map filter reversed ord range divmod pow bytes bytearray Decimal fromisoformat strptime join loads'.split(
    ' ',
  ),
)
const EQUALITY = new Set(['==', '!=', 'is', 'is not', 'not', '(', ')'])

function step(node: SgNode, parent: SgNode): Step {
  switch (parent.kind()) {
    case 'attribute':
      return chain
    case 'subscript':
      return isField(parent, 'value', node) ? chain : climb
    case 'call':
      return isField(parent, 'function', node) ? chain : refuse
    case 'argument_list':
      return argumentStep(parent)
    case 'list_splat':
    case 'for_in_clause':
      return stop('iterated')
    case 'for_statement':
      return isField(parent, 'right', node) ? stop('iterated') : refuse
    case 'comparison_operator':
      return operators(parent).every((operator) => EQUALITY.has(operator)) ? stop('value') : climb
    case 'binary_operator':
    case 'unary_operator':
    case 'slice':
    case 'await':
    case 'string':
    case 'concatenated_string':
      return climb
    case 'interpolation':
      return interpolationStep(parent)
    case 'parenthesized_expression':
      return pass
    case 'assignment':
    case 'named_expression':
      return isField(parent, 'left', node) || isField(parent, 'name', node) ? refuse : stop('value')
    case 'if_statement':
    case 'elif_clause':
    case 'while_statement':
    case 'if_clause':
    case 'boolean_operator':
    case 'not_operator':
    case 'assert_statement':
      return stop('condition')
    case 'expression_list':
      // `del a, b` names targets, not values.
      return parent.parent()?.kind() === 'delete_statement' ? refuse : stop('value')
    case 'conditional_expression':
    case 'return_statement':
    case 'keyword_argument':
    case 'default_parameter':
    case 'pair':
    case 'list':
    case 'tuple':
    case 'set':
    case 'yield':
    case 'lambda':
    case 'list_comprehension':
    case 'set_comprehension':
    case 'generator_expression':
      return stop('value')
    default:
      return refuse
  }
}

function argumentStep(list: SgNode): Step {
  const call = list.parent()
  const name = call?.field('function')?.text().split('.').at(-1) ?? ''
  if (call === null) return refuse
  return REJECTS_NONE.has(name) ? { kind: 'climb', reach: 'operation', to: call } : stop('argument')
}

/** None has no format: `{x:>10}` would fail again. */
function interpolationStep(interpolation: SgNode): Step {
  const string = interpolation.parent()
  const hasFormat = interpolation.children().some((child) => child.kind() === 'format_specifier')
  if (!hasFormat) return stop('value')
  return string === null ? refuse : { kind: 'climb', reach: 'operation', to: string }
}

function isSkippable(statement: SgNode): boolean {
  if (statement.kind() === 'for_statement' || statement.kind() === 'delete_statement') return true
  const inner = statement.kind() === 'expression_statement' ? statement.child(0) : null
  if (inner === null) return false
  if (inner.kind() !== 'assignment')
    return ['call', 'await', 'augmented_assignment'].includes(String(inner.kind()))
  return ['attribute', 'subscript'].includes(String(inner.field('left')?.kind()))
}

const DELIMITING = new Set(
  'assignment argument_list return_statement keyword_argument list tuple set parenthesized_expression interpolation if_statement elif_clause while_statement for_statement expression_statement yield expression_list default_parameter lambda'.split(
    ' ',
  ),
)

export const PYTHON: Grammar = {
  step,
  isSkippable,
  blocks: new Set(['block', 'module']),
  functions: new Set(['function_definition', 'lambda', 'module']),
  loose: new Set(
    'conditional_expression boolean_operator comparison_operator not_operator binary_operator unary_operator lambda named_expression await'.split(
      ' ',
    ),
  ),
  isDelimited: (node, parent) =>
    DELIMITING.has(String(parent.kind())) ||
    (parent.kind() === 'pair' && isField(parent, 'value', node)) ||
    (parent.kind() === 'subscript' && !isField(parent, 'value', node)),
  texts: new Set(['string']),
  boundName(node) {
    const parent = node.parent()
    const left = parent?.kind() === 'assignment' ? parent.field('left') : null
    return left?.kind() === 'identifier' ? left.text() : null
  },
  bindings: ['assignment'],
  checks: ['if_statement', 'assert_statement'],
  expressionFile: 'x = (EXPR)\n',
}
