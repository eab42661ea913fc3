import type { SgNode } from '@ast-grep/napi'
import type { ConditionName } from './fix-template.ts'
import type { Captures } from './match-exception.ts'
import { enclosingFunction } from './derived.ts'
import { isNeverClosed } from './go-resources.ts'
import { isGoPointer } from './go-pointers.ts'
import { hasNoTimeout } from './has-no-timeout.ts'
import { whyNotRepeated } from './idempotency/why-not-repeated.ts'
import { isClosedInFinally, staysHere } from './resource-life.ts'
import type { Scope } from './scope.ts'
import type { Language } from '../../signals/stack-trace.ts'

export interface ConditionQuestion {
  readonly match: SgNode
  readonly scope: Scope
  readonly captures: Captures
  readonly language: Language
}

type ReasonedCondition = 'idempotent-call'

const CHECKS: Readonly<
  Record<Exclude<ConditionName, ReasonedCondition>, (question: ConditionQuestion) => boolean>
> = {
  'python-no-comprehension': ({ match }) => !hasAncestor(match, COMPREHENSIONS),
  'operator-as-in-message': ({ match, captures }) => hasOperator(match, captures.OPERATOR),
  'java-null-source': ({ match, captures }) => javaNullSource(match, captures),
  'go-pointer': ({ match }) => isGoPointer(match.getMatch('OBJ'), enclosingFunction(match, 'go')),
  'go-never-closed': ({ match }) => isNeverClosed(match),
  'resource-stays-here': ({ match, scope, language }) => staysHere(match, scope, language),
  'not-closed-in-finally': ({ match, language }) => !isClosedInFinally(match, language),
  'has-no-timeout': ({ match, language }) => hasNoTimeout(match, language),
}

/** Conditions whose failing people are told: the template would fit, and do harm. */
const REASONS: Readonly<Record<ReasonedCondition, (question: ConditionQuestion) => string | null>> = {
  'idempotent-call': ({ match, language }) => whyNotRepeated(match.getMatch('CALL') ?? match, language),
}

/** What a condition has against a match, with the reason where people should know it; null where it holds. */
export function objectionOf(
  condition: ConditionName,
  question: ConditionQuestion,
): { readonly reason: string | null } | null {
  if (!isReasoned(condition)) return CHECKS[condition](question) ? null : { reason: null }
  const reason = REASONS[condition](question)
  return reason === null ? null : { reason }
}

function isReasoned(condition: ConditionName): condition is ReasonedCondition {
  return condition in REASONS
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
