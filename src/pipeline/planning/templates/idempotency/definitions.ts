import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../../../signals/stack-trace.ts'
import { enclosingFunction } from '../derived.ts'
import { grammarOf } from '../grammar/grammar-of.ts'

/** The value that a name was last given before a node, in the functions around it or outside of all functions. */
export function lastValue(name: string, before: SgNode, language: Language): SgNode | null {
  const rule = { rule: { any: grammarOf(language).bindings.map((kind) => ({ kind })) } }
  const bound = before
    .getRoot()
    .root()
    .findAll(rule)
    .filter((each) => each.range().end.index <= before.range().start.index && namesOf(each).includes(name))
  for (let place = enclosingFunction(before, language); ; place = enclosingFunction(place, language)) {
    const here = bound.findLast((each) => enclosingFunction(each, language)?.id() === place?.id())
    if (here !== undefined) return here.field('right') ?? here.field('value')
    if (place === null) return null
  }
}

function namesOf(binding: SgNode): readonly string[] {
  const left = binding.field('left') ?? binding.field('name')
  if (left === null) return []
  return left.kind() === 'expression_list' ? left.namedChildren().map((each) => each.text()) : [left.text()]
}

/** Statements of the function around in which something is set on, or told to, the thing of this name: `headers["x"] = y`. */
export function statementsOn(name: string, call: SgNode, language: Language): readonly SgNode[] {
  // Python's assignments are expression statements, and a rule must not name a kind that the grammar lacks.
  const kinds =
    language === 'go' ? ['expression_statement', 'assignment_statement'] : ['expression_statement']
  const statements = enclosingFunction(call, language)?.findAll({
    rule: { any: kinds.map((kind) => ({ kind })) },
  })
  return (statements ?? []).filter((each) =>
    [`${name}.`, `${name}[`].some((start) => each.text().startsWith(start)),
  )
}
