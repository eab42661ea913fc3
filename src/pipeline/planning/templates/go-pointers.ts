import type { SgNode } from '@ast-grep/napi'

/**
 * Whether a Go expression is a pointer, as far as this file tells: a parameter or receiver `*T`, a variable set from
 * `&T{}`, `new(T)`, a map of pointers or a function of this file that returns one, a field declared `*T`. Comparing
 * anything else with nil does not compile.
 */
export function isGoPointer(expression: SgNode | null, around: SgNode | null): boolean {
  if (expression === null) return false
  const root = expression.getRoot().root()
  if (expression.kind() === 'selector_expression')
    return isPointerField(expression.field('field')?.text() ?? '', root)
  if (expression.kind() !== 'identifier') return false
  const name = expression.text()
  return isPointerParameter(name, around) || isSetFromPointer(name, around, root)
}

function isPointerField(field: string, root: SgNode): boolean {
  const declared = root
    .findAll({ rule: { kind: 'field_declaration' } })
    .filter((declaration) => declaration.fieldChildren('name').some((name) => name.text() === field))
  return (
    declared.length > 0 &&
    declared.every((declaration) => declaration.field('type')?.kind() === 'pointer_type')
  )
}

function isPointerParameter(name: string, around: SgNode | null): boolean {
  const lists = [around?.field('parameters'), around?.field('receiver')]
  return lists
    .flatMap((list) => list?.namedChildren() ?? [])
    .filter((declaration) => declaration.fieldChildren('name').some((each) => each.text() === name))
    .some((declaration) => declaration.field('type')?.kind() === 'pointer_type')
}

function isSetFromPointer(name: string, around: SgNode | null, root: SgNode): boolean {
  if (around === null) return false
  const rule = {
    any: [{ kind: 'short_var_declaration' }, { kind: 'assignment_statement' }, { kind: 'var_spec' }],
  }
  return around.findAll({ rule }).some((each) => {
    if (each.kind() === 'var_spec')
      return each.field('name')?.text() === name && each.field('type')?.kind() === 'pointer_type'
    const index =
      each
        .field('left')
        ?.namedChildren()
        .findIndex((left) => left.text() === name) ?? -1
    if (index === -1) return false
    const values = each.field('right')?.namedChildren() ?? []
    const value = values.length === 1 ? values[0] : values[index]
    return value !== undefined && givesPointer(value, index, root)
  })
}

function givesPointer(value: SgNode, index: number, root: SgNode): boolean {
  if (value.kind() === 'unary_expression') return value.text().startsWith('&')
  if (value.kind() === 'index_expression')
    return index === 0 && isMapOfPointers(value.field('operand')?.text() ?? '', root)
  if (value.kind() !== 'call_expression') return false
  const callee = value.field('function')?.text() ?? ''
  return (
    callee === 'new' || resultTypes(callee.split('.').at(-1) ?? '', root)[index]?.startsWith('*') === true
  )
}

function isMapOfPointers(operand: string, root: SgNode): boolean {
  const name = operand.split('.').at(-1) ?? ''
  return root
    .findAll({ rule: { kind: 'map_type' } })
    .filter((type) => type.field('value')?.kind() === 'pointer_type')
    .some((type) => new RegExp(`\\b${name.replace(/\W/g, '')}\\b`).test(statementText(type)))
}

function statementText(node: SgNode): string {
  const around = node
    .ancestors()
    .find((each) =>
      /^(?:var_spec|short_var_declaration|field_declaration|parameter_declaration)$/.test(
        String(each.kind()),
      ),
    )
  return around?.text().split('{')[0] ?? ''
}

function resultTypes(callee: string, root: SgNode): readonly string[] {
  const declared = root
    .findAll({ rule: { any: [{ kind: 'function_declaration' }, { kind: 'method_declaration' }] } })
    .find((each) => each.field('name')?.text() === callee)
  const result = declared?.field('result')
  if (result === null || result === undefined) return []
  if (result.kind() !== 'parameter_list') return [result.text()]
  return result.namedChildren().map((each) => each.field('type')?.text() ?? each.text())
}
