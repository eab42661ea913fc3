import type { SgNode } from '@ast-grep/napi'
import { chain, climb, isField, pass, refuse, stop } from './grammar.ts'
import type { Grammar, Step } from './grammar.ts'

/** Functions that throw on undefined, by their last name. */
const REJECTS_UNDEFINED = new Set(
  'keys values entries fromEntries parse getOwnPropertyNames URL from of'.split(' '),
)
const COMPARISONS = new Set(['==', '!=', '===', '!==', '<', '>', '<=', '>='])
const LOGICAL = new Set(['&&', '||', '??'])

function step(node: SgNode, parent: SgNode): Step {
  switch (parent.kind()) {
    case 'member_expression':
      return chain
    case 'subscript_expression':
      return isField(parent, 'object', node) ? chain : climb
    case 'call_expression':
      return callStep(node, parent)
    case 'arguments':
      return argumentStep(parent)
    case 'binary_expression':
      return binaryStep(parent)
    case 'unary_expression':
      return ['!', 'typeof', 'void', 'delete'].includes(parent.child(0)?.text() ?? '')
        ? stop('condition')
        : climb
    case 'parenthesized_expression':
    case 'await_expression':
    case 'non_null_expression':
    case 'as_expression':
    case 'satisfies_expression':
      return pass
    case 'if_statement':
    case 'while_statement':
    case 'do_statement':
      return stop('condition')
    case 'ternary_expression':
      return stop(isField(parent, 'condition', node) ? 'condition' : 'value')
    case 'spread_element':
      return stop(parent.parent()?.kind() === 'object' ? 'value' : 'iterated')
    case 'for_in_statement':
      if (!isField(parent, 'right', node)) return refuse
      return stop(parent.field('operator')?.text() === 'of' ? 'iterated' : 'value')
    case 'variable_declarator':
      return declaratorStep(parent)
    case 'assignment_expression':
      return isField(parent, 'right', node) ? stop('value') : refuse
    case 'expression_statement':
      return stop('statement')
    case 'return_statement':
    case 'arrow_function':
    case 'pair':
    case 'array':
    case 'template_substitution':
    case 'yield_expression':
    case 'jsx_expression':
      return stop('value')
    default:
      return refuse
  }
}

/** A tagged template cannot be part of an optional chain. */
function callStep(node: SgNode, call: SgNode): Step {
  if (!isField(call, 'function', node)) return refuse
  return call.field('arguments')?.kind() === 'arguments' ? chain : refuse
}

function argumentStep(list: SgNode): Step {
  const call = list.parent()
  const callee = call?.field('function') ?? call?.field('constructor')
  if (call === null || callee === undefined || callee === null) return refuse
  const name = callee.text().split('.').at(-1) ?? ''
  const isKnown = callee.text().includes('.') || name === 'URL'
  return isKnown && REJECTS_UNDEFINED.has(name)
    ? { kind: 'climb', reach: 'operation', to: call }
    : stop('argument')
}

function binaryStep(parent: SgNode): Step {
  const operator = parent.field('operator')?.text() ?? ''
  if (COMPARISONS.has(operator)) return stop('condition')
  if (LOGICAL.has(operator)) return stop(operator === '??' ? 'value' : 'condition')
  return climb
}

function declaratorStep(declarator: SgNode): Step {
  const name = declarator.field('name')?.kind()
  if (name === 'identifier') return stop('value')
  return name === 'array_pattern' ? stop('iterated') : refuse
}

const SKIPPABLE = new Set(['expression_statement', 'for_in_statement', 'for_statement'])
const DELIMITING = new Set(
  'variable_declarator arguments return_statement pair array template_substitution parenthesized_expression expression_statement assignment_expression arrow_function jsx_expression'.split(
    ' ',
  ),
)

export const JAVASCRIPT: Grammar = {
  step,
  isSkippable: (statement) => SKIPPABLE.has(String(statement.kind())),
  blocks: new Set(['statement_block', 'program']),
  functions: new Set([
    'function_declaration',
    'function_expression',
    'generator_function_declaration',
    'arrow_function',
    'method_definition',
    'program',
  ]),
  loose: new Set(
    'ternary_expression binary_expression unary_expression await_expression arrow_function assignment_expression yield_expression as_expression'.split(
      ' ',
    ),
  ),
  isDelimited: (node, parent) =>
    DELIMITING.has(String(parent.kind())) ||
    (parent.kind() === 'for_in_statement' && isField(parent, 'right', node)) ||
    (parent.kind() === 'subscript_expression' && isField(parent, 'index', node)),
  texts: new Set(['template_string', 'string', 'jsx_text']),
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
  checks: ['if_statement'],
  expressionFile: 'x = (EXPR)\n',
}
