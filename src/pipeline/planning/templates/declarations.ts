import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../signals/stack-trace.ts'
import { plainName } from './derived.ts'
import { plainPiece, substitute, variablesIn } from './substitute.ts'
import type { Pieces } from './substitute.ts'

export interface DeclarationQuestion {
  /** The template's `declares`; null where it needs none. */
  readonly declares: string | null
  /** The replaced node. */
  readonly node: SgNode
  readonly language: Language
  /** One level of indentation as the file writes it. */
  readonly unit: string
}

interface Anchor {
  readonly offset: number
  readonly indent: string
  readonly before: string
  readonly after: string
}

/**
 * The names of definitions that the file has already, word for word: a second repair in the same file uses them. Empty
 * where it lacks them.
 */
export function declaredAlready(question: DeclarationQuestion, given: Pieces): Pieces {
  const { declares, node } = question
  const anchor = anchorOf(question)
  if (declares === null || anchor === null) return {}
  const names = variablesIn(declares).filter((name) => name.startsWith('FRESH_'))
  const plain = Object.fromEntries(
    names.map((name) => [name, plainPiece(plainName(name, question.language))]),
  )
  const text = substitute(declares, { ...given, ...plain }, anchor.indent, question.unit)
  return text !== null && node.getRoot().root().text().includes(text) ? plain : {}
}

/** The text with the definitions inserted; null where there is no place for them. `moved`: by how much the fix made it longer. */
export function withDeclaration(
  text: string,
  question: DeclarationQuestion,
  pieces: Pieces,
  moved: number,
): string | null {
  if (question.declares === null) return text
  const anchor = anchorOf(question)
  const filled = substitute(question.declares, pieces, anchor?.indent ?? '', question.unit)
  if (anchor === null || filled === null) return null
  if (text.includes(filled)) return text
  const isBehind = anchor.offset >= question.node.range().end.index
  const at = anchor.offset + (isBehind ? moved : 0)
  return text.slice(0, at) + anchor.before + filled + anchor.after + text.slice(at)
}

function anchorOf({ node, language, unit }: DeclarationQuestion): Anchor | null {
  if (language === 'java') return inClass(node, unit)
  const root = node.getRoot().root()
  if (language === 'go') {
    const { length } = root.text().trimEnd()
    return { offset: length, indent: '', before: '\n\n', after: '' }
  }
  const top = [node, ...node.ancestors()].find((each) => each.parent()?.id() === root.id())
  if (top === undefined) return null
  return {
    offset: withComments(top),
    indent: '',
    before: '',
    after: language === 'python' ? '\n\n\n' : '\n\n',
  }
}

/** Where a statement begins, together with the comments right above it. */
function withComments(top: SgNode): number {
  let first = top
  for (const each of top.prevAll()) {
    if (each.kind() !== 'comment' || each.range().end.line + 1 !== first.range().start.line) break
    first = each
  }
  return first.range().start.index
}

/** The end of the outermost class: a nested one could not hold static members before Java 16. */
function inClass(node: SgNode, unit: string): Anchor | null {
  const body = node.ancestors().findLast((each) => each.kind() === 'class_body')
  if (body === undefined) return null
  const text = node.getRoot().root().text()
  const end = body.range().end.index - 1
  const lineStart = text.lastIndexOf('\n', end) + 1
  if (text.slice(lineStart, end).trim() !== '') return null
  const indent = text.slice(lineStart, end) + unit
  return { offset: lineStart, indent, before: `\n${indent}`, after: '\n' }
}
