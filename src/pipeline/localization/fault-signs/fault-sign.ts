import type { SgNode } from '@ast-grep/napi'
import type { Fault } from '../../contracts.ts'

/** What code looks like that brings about one kind of fault. It is a suspicion to be ranked, never a proof. */
export interface SignRule {
  readonly fault: Fault['kind']
  /** Kinds of nodes that are looked at. */
  readonly kinds: readonly string[]
  /** Null where the node is no such sign. */
  read(node: SgNode): Sign | null
}

export interface Sign {
  /** What is wrong with it, for a sentence that begins with the code: "has no time-out". */
  readonly what: string
  readonly strength: number
}

/** How far a sign alone convinces; a ranking, not probabilities. */
export const STRENGTH = { plain: 3, likely: 2, possible: 1 } as const

/** The arguments of a call, comments and brackets left out. */
export function argumentsOf(node: SgNode): readonly SgNode[] {
  const list = node.field('arguments')
  return list === null ? [] : list.namedChildren().filter((child) => child.kind() !== 'comment')
}

/** `urllib.request.urlopen` of a call of it, white space taken out. */
export function calleeOf(node: SgNode): string {
  const callee = node.field('function') ?? node.field('constructor') ?? node.field('type')
  const object = node.field('object')
  const name = callee?.text() ?? node.field('name')?.text() ?? ''
  return `${object === null ? '' : `${object.text()}.`}${name}`.replace(/\s+/g, '')
}

const FUNCTION =
  /function|method_declaration|method_definition|constructor_declaration|lambda|arrow_function|func_literal/

/** The text of the function around a node; of the whole file where there is none. */
export function functionText(node: SgNode): string {
  const around = node.ancestors().find((ancestor) => FUNCTION.test(String(ancestor.kind())))
  return (around ?? node.getRoot().root()).text()
}

/** The name that the value of a node is given; null where it gets none. `kinds` are the declarations and assignments. */
export function nameGiven(node: SgNode, kinds: ReadonlySet<string>): string | null {
  const given = node.ancestors().find((ancestor) => kinds.has(String(ancestor.kind())))
  const name = given?.field('left') ?? given?.field('name') ?? null
  const first = name?.text().split(',')[0]?.trim()
  return first !== undefined && /^[\w$]+$/.test(first) ? first : null
}
