import type { SgNode } from '@ast-grep/napi'
import { enclosingFunction } from './derived.ts'

/** Functions that have read what they wanted when they return. */
const DONE = /(?:^|\.)(?:ReadAll|ReadFull|Copy|CopyN|Decode|Scan|Fprint\w*|Discard)$/

/** A file, an answer, a connection or a ticker that the function neither closes nor hands on. */
export function isNeverClosed(match: SgNode): boolean {
  const name = match.getMatch('RESOURCE')?.text() ?? ''
  const around = enclosingFunction(match, 'go')?.field('body') ?? null
  if (around === null || !/^[A-Za-z]\w*$/.test(name)) return false
  if (new RegExp(`\\b${name}(?:\\.Body)?\\.(?:Close|Stop)\\b`).test(around.text())) return false
  return !escapes(name, around, new Set())
}

/** Whether what bears the name is returned, stored, sent or used by another goroutine, by itself or wrapped. */
function escapes(name: string, around: SgNode, seen: Set<string>): boolean {
  if (seen.has(name)) return false
  seen.add(name)
  return around
    .findAll({ rule: { kind: 'identifier' } })
    .filter((identifier) => identifier.text() === name && !isLeftSide(identifier))
    .some((use) => isHandedOn(use, around, seen))
}

function isLeftSide(identifier: SgNode): boolean {
  const list = identifier.parent()
  return list?.kind() === 'expression_list' && list.parent()?.field('left')?.id() === list.id()
}

function isHandedOn(use: SgNode, around: SgNode, seen: Set<string>): boolean {
  if (ancestor(use, /^(?:func_literal|go_statement)$/, around) !== null) return true
  const whole = isBody(use.parent()) ? use.parent() : use
  const parent = whole?.parent()
  if (parent?.kind() === 'selector_expression' || parent?.kind() === 'binary_expression') return false
  if (parent?.kind() !== 'argument_list') return true
  const call = parent.parent()
  return call === null || isKeptBy(call, around, seen)
}

/** `answer.Body` lives as long as `answer`. */
function isBody(node: SgNode | null): boolean {
  return node?.kind() === 'selector_expression' && node.field('field')?.text() === 'Body'
}

/** `bufio.NewScanner(file)` keeps the file, `io.ReadAll(file)` does not. */
function isKeptBy(call: SgNode, around: SgNode, seen: Set<string>): boolean {
  const calls = [call, ...call.ancestors().filter((each) => each.kind() === 'call_expression')]
  if (calls.some((each) => DONE.test(each.field('function')?.text() ?? ''))) return false
  if (ancestor(call, /^return_statement$/, around) !== null) return true
  const set = ancestor(call, /^(?:short_var_declaration|assignment_statement)$/, around)
  const names = set?.field('left')?.namedChildren() ?? []
  const kept = names.filter((each) => !/^(?:_|ok|err\w*)$/.test(each.text()))
  return kept.some((each) => each.kind() !== 'identifier' || escapes(each.text(), around, seen))
}

function ancestor(node: SgNode, kind: RegExp, around: SgNode): SgNode | null {
  const inside = node.ancestors()
  const end = inside.findIndex((each) => each.id() === around.id())
  return inside.slice(0, end).find((each) => kind.test(String(each.kind()))) ?? null
}
