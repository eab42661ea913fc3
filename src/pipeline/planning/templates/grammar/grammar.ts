import type { SgNode } from '@ast-grep/napi'
import type { Position, Reach } from '../fix-template.ts'

/** What becomes of a value that may be absent, one level up in the tree. */
export type Step =
  /** It is used by an operation that cannot take an absent value: the guard must reach around `to`. */
  | { readonly kind: 'climb'; readonly reach: Exclude<Reach, 'none'>; readonly to?: SgNode }
  /** Nothing happens to it here: look further up, but replace no more than before. */
  | { readonly kind: 'pass' }
  /** An absent value is fine here. */
  | { readonly kind: 'stop'; readonly position: Position }
  | { readonly kind: 'refuse' }

/** What the templates must know of a language, beside its syntax tree. */
export interface Grammar {
  /** What `parent` does to the value of `node`, one of its children. */
  step(node: SgNode, parent: SgNode): Step
  /** Kinds whose children are statements. */
  readonly blocks: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
  /** Statements that may be skipped: nothing they bind is needed afterwards. */
  isSkippable(statement: SgNode): boolean
  /** Expressions that need parentheses, but for a parent that `isDelimited`. */
  readonly loose: ReadonlySet<string>
  isDelimited(node: SgNode, parent: SgNode): boolean
  /** Kinds of nodes whose inner lines must not be indented anew. */
  readonly texts: ReadonlySet<string>
  /** The name that takes the value of `node`, if the statement binds exactly that. */
  boundName(node: SgNode): string | null
  /** Kinds that give a name a value; their field `left` or `name` is the name. */
  readonly bindings: readonly string[]
  /** Kinds of statements that ask before others are done. */
  readonly checks: readonly string[]
  /** A text that, with an expression in place of `EXPR`, parses as a file. */
  readonly expressionFile: string
}

export const climb: Step = { kind: 'climb', reach: 'operation' }
export const chain: Step = { kind: 'climb', reach: 'chain' }
export const pass: Step = { kind: 'pass' }
export const refuse: Step = { kind: 'refuse' }

export function stop(position: Position): Step {
  return { kind: 'stop', position }
}

/** Whether `node` is the child of `parent` in this field. */
export function isField(parent: SgNode, field: string, node: SgNode): boolean {
  return parent.field(field)?.id() === node.id()
}

/** The operators of a binary expression, as written. */
export function operators(node: SgNode): readonly string[] {
  return node
    .children()
    .filter((child) => !child.isNamed())
    .map((child) => child.text())
}
