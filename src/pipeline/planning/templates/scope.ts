import type { SgNode } from '@ast-grep/napi'
import { namesBound, namesUsed } from './names.ts'
import type { Position, Reach, ScopeName } from './fix-template.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import type { Grammar } from './grammar/grammar.ts'
import type { Language } from '../../signals/stack-trace.ts'

/** The part of the file that a fix replaces. `start` and `end` are offsets in UTF-16 units. */
export interface Scope {
  readonly node: SgNode
  readonly start: number
  readonly end: number
  readonly position: Position
  readonly reach: Reach
  /** Statements that follow and belong to the replaced part (`$REST`). */
  readonly rest: readonly SgNode[]
}

interface ScopeQuestion {
  readonly match: SgNode
  readonly language: Language
  readonly text: string
  /** Name of the resource, for `uses`. */
  readonly resource: string | null
}

const FINDERS: Readonly<Record<ScopeName, (question: ScopeQuestion) => Scope | null>> = {
  match: ({ match, language, text }) => matchScope(match, grammarOf(language), text),
  value: ({ match, language }) => valueScope(match, grammarOf(language)),
  statement: (question) => statementScope(question),
  'error-check': (question) => errorCheckScope(question),
  uses: (question) => usesScope(question),
}

/** How far around the match the fix must reach; null where no sound place is found. */
export function findScope(name: ScopeName, question: ScopeQuestion): Scope | null {
  return FINDERS[name](question)
}

function matchScope(match: SgNode, grammar: Grammar, text: string): Scope | null {
  const isStatement = grammar.blocks.has(String(match.parent()?.kind()))
  if (isStatement && !standsAlone(match, match, text)) return null
  return scopeOf(match, match, isStatement ? 'statement' : 'value', 'none')
}

/** The smallest expression around the match whose value may be absent without failing right there. */
export function valueScope(match: SgNode, grammar: Grammar): Scope | null {
  let replaced = match
  let current = match
  let reach = 'none' as Reach
  for (let parent = current.parent(); parent !== null; parent = current.parent()) {
    const step = grammar.step(current, parent)
    if (step.kind === 'refuse') return null
    if (step.kind === 'stop') return scopeOf(replaced, replaced, step.position, reach)
    current = step.kind === 'climb' ? (step.to ?? parent) : parent
    if (step.kind === 'pass') continue
    replaced = current
    if (reach !== 'operation') reach = step.kind === 'climb' ? step.reach : reach
  }
  return null
}

function statementScope({ match, language, text }: ScopeQuestion): Scope | null {
  const grammar = grammarOf(language)
  const statement = statementOf(match, grammar)
  if (statement === null || !standsAlone(statement, statement, text)) return null
  return scopeOf(statement, statement, grammar.isSkippable(statement) ? 'statement' : 'value', 'none')
}

/** The statement and the `if err != nil` right after it. */
function errorCheckScope({ match, language, text }: ScopeQuestion): Scope | null {
  const statement = statementOf(match, grammarOf(language))
  if (statement === null) return null
  const next = followers(statement)[0]
  const isCheck = next?.kind() === 'if_statement' && /\berr\w*\b/.test(next.field('condition')?.text() ?? '')
  const last = isCheck ? next : statement
  return standsAlone(statement, last, text) ? scopeOf(statement, last, 'statement', 'none') : null
}

/** The statement that opens the resource and all that follow up to its last use. */
function usesScope({ match, language, text, resource }: ScopeQuestion): Scope | null {
  const grammar = grammarOf(language)
  const statement = statementOf(match, grammar)
  if (statement === null || resource === null) return null
  const after = followers(statement)
  const names = new Set([resource])
  let count = 0
  for (let seen = -1; seen !== count;) {
    seen = count
    // What is made of the resource, or bound inside the new block, is needed as long as it is used.
    after.slice(0, count).forEach((each) => boundBy(each, language, names).forEach((name) => names.add(name)))
    count = after.findLastIndex((each) => mentions(each, names, language)) + 1
  }
  const last = after[count - 1]
  if (last === undefined || !standsAlone(statement, last, text)) return null
  return { ...scopeOf(statement, last, 'statement', 'none'), rest: after.slice(0, count) }
}

/** Names whose life is tied to the block: in Python those that are computed from the resource, else all that are declared. */
function boundBy(statement: SgNode, language: Language, names: ReadonlySet<string>): readonly string[] {
  if (language === 'python') {
    const assignment = statement.child(0)
    const isTied = assignment?.kind() === 'assignment' && isHandedOn(assignment, names)
    return isTied ? [assignment.field('left')?.text() ?? ''] : []
  }
  return statement
    .findAll({ rule: { kind: 'variable_declarator' } })
    .flatMap((declarator) => declarator.field('name') ?? [])
    .flatMap((name) => namesBound(name, language).map((each) => each.text()))
}

/** `csv.reader(f)` and `connection.getresponse()` read on later, `f.read()` and `json.load(f)` are done. */
function isHandedOn(assignment: SgNode, names: ReadonlySet<string>): boolean {
  const right = assignment.field('right')
  const call = right?.kind() === 'call' ? right : null
  const callee = call?.field('function')?.text() ?? ''
  const [, owner = '', method = ''] = /^(\w+)\.(\w+)$/.exec(callee) ?? []
  if (names.has(owner)) return /^(?:getresponse|cursor|execute|makefile)$/.test(method)
  if (call === null || /(?:^|\.)(?:load|safe_load|list|len|sum|sorted|set|tuple)$/.test(callee)) return false
  return mentions(call.field('arguments') ?? call, names, 'python')
}

/** Whether a name is used in the node. */
function mentions(node: SgNode, names: ReadonlySet<string>, language: Language): boolean {
  return namesUsed(node, language).some((each) => names.has(each.text()))
}

/** The innermost statement around a node. */
export function statementOf(node: SgNode, grammar: Grammar): SgNode | null {
  for (let current: SgNode | null = node; current !== null; current = current.parent()) {
    const parent: SgNode | null = current.parent()
    if (parent !== null && grammar.blocks.has(String(parent.kind()))) return current
  }
  return null
}

function followers(statement: SgNode): readonly SgNode[] {
  return statement.nextAll().filter((node) => node.isNamed())
}

/** Whether nothing else stands on the lines of these statements. */
function standsAlone(first: SgNode, last: SgNode, text: string): boolean {
  const start = first.range().start.index
  const end = last.range().end.index
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const lineEnd = text.indexOf('\n', end)
  const after = text.slice(end, lineEnd === -1 ? text.length : lineEnd)
  return before.trim() === '' && /^\s*;?\s*(?:#.*|\/\/.*)?$/.test(after)
}

function scopeOf(first: SgNode, last: SgNode, position: Position, reach: Reach): Scope {
  return {
    node: first,
    start: first.range().start.index,
    end: last.range().end.index,
    position,
    reach,
    rest: [],
  }
}
