import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../signals/stack-trace.ts'
import { enclosingFunction } from './derived.ts'
import { namesUsed } from './names.ts'
import type { Scope } from './scope.ts'

const OWNERS = new Set([
  'attribute',
  'member_expression',
  'method_invocation',
  'field_access',
  'selector_expression',
  'for_statement',
  'for_in_clause',
  'for_in_statement',
  'enhanced_for_statement',
])
/** Functions that are done with the resource when they return. */
const DONE = /(?:^|\.)(?:load|safe_load|list|len|sum|sorted|set|tuple|readAllBytes|ReadAll|Copy)$/

/** Whether the resource is only used, never kept, by the statements that follow: then it may be closed after them. */
export function staysHere(match: SgNode, scope: Scope, language: Language): boolean {
  const name = match.getMatch('RESOURCE')?.text() ?? ''
  const uses = scope.rest.flatMap((statement) =>
    namesUsed(statement, language).filter((use) => use.text() === name),
  )
  const around = enclosingFunction(scope.node, language)?.id()
  return uses.every((use) => enclosingFunction(use, language)?.id() === around && isPlainUse(use, language))
}

function isPlainUse(use: SgNode, language: Language): boolean {
  const parent = use.parent()
  if (parent === null) return false
  if (OWNERS.has(String(parent.kind()))) return language === 'python' || !isPromised(use)
  if (!/^argument(?:s|_list)$/.test(String(parent.kind()))) return false
  const call = parent.parent()
  const isHandedOut = ancestorOf(call, /^(?:return_statement|yield)$/) !== null
  return !isHandedOut || DONE.test((call?.field('function') ?? call?.field('name'))?.text() ?? '')
}

/** `return client.query(...)` without `await` goes on after the function has returned. */
function isPromised(use: SgNode): boolean {
  const returned = ancestorOf(use, /^return_statement$/)
  const isScript =
    returned?.getRoot().root().kind() === 'program' &&
    ancestorOf(use, /^arguments$|^call_expression$/) !== null
  return isScript && ancestorOf(use, /^await_expression$/) === null
}

function ancestorOf(node: SgNode | null, kind: RegExp): SgNode | null {
  return node?.ancestors().find((each) => kind.test(String(each.kind()))) ?? null
}

/** Whether a `finally` of the function, or a `with` around the name, closes the resource already. */
export function isClosedInFinally(match: SgNode, language: Language): boolean {
  const name = match.getMatch('RESOURCE')?.text() ?? ''
  const around = enclosingFunction(match, language) ?? match.getRoot().root()
  const closing = around.findAll({ rule: { any: closersIn(language).map((kind) => ({ kind })) } })
  return name === '' || closing.some((each) => mentionsName(each.text(), name))
}

function closersIn(language: Language): readonly string[] {
  if (language === 'go') return ['defer_statement']
  if (language === 'python') return ['finally_clause', 'with_clause']
  return language === 'java' ? ['finally_clause', 'resource_specification'] : ['finally_clause']
}

function mentionsName(text: string, name: string): boolean {
  return text.split(/[^\w$]+/).includes(name)
}
