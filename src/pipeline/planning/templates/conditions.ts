import type { SgNode } from '@ast-grep/napi'
import type { ConditionName } from './fix-template.ts'
import type { Captures } from './match-exception.ts'
import { enclosingFunction } from './derived.ts'
import { isGoPointer } from './go-pointers.ts'
import type { Scope } from './scope.ts'
import type { Language } from '../../signals/stack-trace.ts'

export interface ConditionQuestion {
  readonly match: SgNode
  readonly scope: Scope
  readonly captures: Captures
  readonly language: Language
}

const CHECKS: Readonly<Record<ConditionName, (question: ConditionQuestion) => boolean>> = {
  'python-no-comprehension': ({ match }) => !hasAncestor(match, COMPREHENSIONS),
  'operator-as-in-message': ({ match, captures }) => hasOperator(match, captures.OPERATOR),
  'java-null-source': ({ match, captures }) => javaNullSource(match, captures),
  'go-pointer': ({ match }) => isGoPointer(match.getMatch('OBJ'), enclosingFunction(match, 'go')),
  'go-never-closed': ({ match }) => isNeverClosed(match),
  'resource-stays-here': ({ match, scope, language }) => staysHere(match, scope, language),
  'has-no-timeout': ({ match }) => !/\btimeout\s*[=:]|\bsignal\s*:/.test(match.text()),
}

/** Checks of a match that a rule cannot say. */
export function holds(condition: ConditionName, question: ConditionQuestion): boolean {
  return CHECKS[condition](question)
}

const COMPREHENSIONS = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
  'lambda',
  'default_parameter',
])

function hasAncestor(node: SgNode, kinds: ReadonlySet<string>): boolean {
  return node.ancestors().some((ancestor) => kinds.has(String(ancestor.kind())))
}

/** `unsupported operand type(s) for +=: ...`: the operand must belong to that operator. */
function hasOperator(operand: SgNode, named: string | undefined): boolean {
  const [operator = ''] = named?.split(' ') ?? []
  const children = operand.parent()?.children() ?? []
  return operator === '' || children.some((child) => child.text() === operator)
}

/** Compares `$OBJ` with what the helpful message (JEP 358) calls null. */
function javaNullSource(match: SgNode, captures: Captures): boolean {
  const called = captures.CALL?.replace(/\(.*$/, '').split('.').at(-1)
  if (called !== undefined && match.field('name')?.text() !== called) return false
  if (captures.FIELD !== undefined && match.kind() !== 'field_access') return false
  const source = captures.NULL
  const object = match.getMatch('OBJ')
  if (source === undefined || object === null) return true
  const returned = /^the return value of "([^"]{1,400})"$/.exec(source)?.[1]
  if (returned !== undefined) {
    const method = returned.replace(/\(.*$/, '').split('.').at(-1)
    return object.kind() === 'method_invocation' && object.field('name')?.text() === method
  }
  const name = source.replaceAll('"', '')
  // Compiled without -g: the message knows the number of the variable, not its name.
  if (/^<(?:local|parameter)\d+>$/.test(name)) return object.kind() === 'identifier'
  return object.text() === name || `this.${object.text()}` === name
}

const OWNERS = new Set([
  'attribute',
  'member_expression',
  'method_invocation',
  'field_access',
  'for_statement',
  'for_in_clause',
  'enhanced_for_statement',
])

/** Whether the resource is only used, never kept, by the statements that follow: then it may be closed after them. */
function staysHere(match: SgNode, scope: Scope, language: Language): boolean {
  const name = match.getMatch('RESOURCE')?.text() ?? ''
  return scope.rest
    .flatMap((statement) => statement.findAll({ rule: { kind: 'identifier' } }))
    .filter((identifier) => identifier.text() === name)
    .every((identifier) => isPlainUse(identifier, scope, language))
}

function isPlainUse(identifier: SgNode, scope: Scope, language: Language): boolean {
  const parent = identifier.parent()
  if (
    parent === null ||
    enclosingFunction(identifier, language)?.id() !== enclosingFunction(scope.node, language)?.id()
  )
    return false
  if (OWNERS.has(String(parent.kind()))) return true
  if (parent.kind() !== 'argument_list') return false
  const call = parent.parent()
  const isHandedOut =
    call?.ancestors().some((ancestor) => /^(?:return_statement|yield)$/.test(String(ancestor.kind()))) ===
    true
  const callee = call?.field('function')?.text() ?? ''
  return !isHandedOut || /(?:^|\.)(?:load|safe_load|list|len|sum|sorted|set|tuple|readAllBytes)$/.test(callee)
}

/** A file or an answer that the function neither closes nor hands on. */
function isNeverClosed(match: SgNode): boolean {
  const resource = match.getMatch('RESOURCE')?.text() ?? ''
  const around = enclosingFunction(match, 'go')
  if (around === null || resource === '' || resource === '_') return false
  if (around.text().includes(`${resource}.Close(`) || around.text().includes(`${resource}.Body.Close(`))
    return false
  return around.findAll({ rule: { kind: 'return_statement' } }).every(
    (each) =>
      each
        .namedChildren()[0]
        ?.namedChildren()
        .every((value) => value.text() !== resource) !== false,
  )
}
