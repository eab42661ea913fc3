import type { SgNode } from '@ast-grep/napi'
import type { Scope } from './scope.ts'
import { statementOf } from './scope.ts'
import { grammarOf } from './grammar/grammar-of.ts'
import type { Language } from '../../signals/stack-trace.ts'

interface Question {
  readonly scope: Scope
  readonly root: SgNode
  readonly language: Language
  readonly match: SgNode
  readonly timeoutMs: number
}

/**
 * Variables of a fix that no metavariable holds, computed from the place: `$FRESH_NAME` a name not used in the file,
 * `$ZERO` what a Go function returns when it gives up, `$MAP` the declared type of the Go map `$OBJ`, `$DEFAULT` what a Java
 * expression is worth when it has no value, `$SEMI` the semicolon where the replaced statement had one, `$TIMEOUT_MS` and
 * `$TIMEOUT_SECONDS` how long a call may wait, `$TIMEOUT` in words.
 * Null where it cannot be known.
 */
export function derive(name: string, question: Question): string | null {
  if (name.startsWith('FRESH_')) return freshName(name, question)
  if (name === 'ZERO') return zeroResults(question)
  if (name === 'SEMI') return endsWithSemicolon(question) ? ';' : ''
  if (name === 'MAP') return goMapType(question)
  if (name === 'DEFAULT') return javaDefault(question.scope.node)
  if (name === 'TIMEOUT_MS') return String(question.timeoutMs)
  if (name === 'TIMEOUT_SECONDS') return String(question.timeoutMs / 1000)
  if (name === 'TIMEOUT') return inWords(question.timeoutMs)
  return null
}

const FILLED_IN = 'EXPR STMT REST ZERO SEMI MAP DEFAULT TIMEOUT_MS TIMEOUT_SECONDS TIMEOUT'.split(' ')

/** Whether a variable of a fix is known without the rule's capturing it. */
export function isFilledIn(name: string): boolean {
  return name.startsWith('FRESH_') || FILLED_IN.includes(name)
}

function inWords(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}

function freshName(variable: string, { root, language }: Question): string {
  const wanted = plainName(variable, language)
  const words = new Set(root.text().match(/[A-Za-z_$][\w$]*/g) ?? [])
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}${language === 'python' ? '_' : ''}${number}`
    if (!words.has(name)) return name
  }
}

/** `FRESH_ASK_AGAIN` -> `ask_again`, outside of Python `askAgain`. */
export function plainName(variable: string, language: Language): string {
  const name = variable.slice('FRESH_'.length).toLowerCase()
  return language === 'python' ? name : name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function endsWithSemicolon({ scope, language }: Question): boolean {
  const statement = statementOf(scope.node, grammarOf(language)) ?? scope.node
  return statement.text().endsWith(';')
}

/** Null where the file declares no map of that name, or several that differ. */
function goMapType({ match, root }: Question): string | null {
  const name = match.getMatch('OBJ')?.text().split('.').at(-1) ?? ''
  const kinds = ['field_declaration', 'var_spec', 'parameter_declaration']
  const declared = root
    .findAll({ rule: { any: kinds.map((kind) => ({ kind })) } })
    .filter((each) => each.fieldChildren('name').some((node) => node.text() === name))
    .map((each) => each.field('type'))
  const [type] = declared
  return type?.kind() === 'map_type' && declared.every((each) => each?.text() === type.text())
    ? type.text()
    : null
}

/** What stands after `return`, with a space before it where there is anything. */
function zeroResults({ scope, language, match }: Question): string | null {
  const around = enclosingFunction(scope.node, language)
  if (around === null) return null
  const result = around.field('result')
  if (result === null) return ''
  const types = result.kind() === 'parameter_list' ? declaredTypes(result) : [result.text()]
  if (types === null) return ''
  const values = types.map((type, index) =>
    type === 'error' && index === types.length - 1 ? `fmt.Errorf("${complaint(match)}")` : zeroOf(type),
  )
  return ` ${values.join(', ')}`
}

/** What is wrong with the value that the template asks for, as an error says it. */
function complaint(match: SgNode): string {
  const [object, divisor, list] = ['OBJ', 'B', 'LIST'].map((name) => match.getMatch(name)?.text())
  if (object !== undefined) return `${object} is missing`
  if (divisor !== undefined) return `${divisor} is zero`
  return list === undefined ? 'the value is not of the expected form' : `${list} has too few items`
}

/** Null where the results have names: a bare `return` is right there. */
function declaredTypes(list: SgNode): readonly string[] | null {
  const declarations = list.namedChildren().filter((child) => child.kind() === 'parameter_declaration')
  if (declarations.some((declaration) => declaration.field('name') !== null)) return null
  return declarations.map((declaration) => declaration.field('type')?.text() ?? declaration.text())
}

function zeroOf(type: string): string {
  if (/^(?:\*|\[\]|map\[|func\b|chan\b|<-|interface\b)/.test(type) || type === 'error' || type === 'any')
    return 'nil'
  if (type === 'string') return '""'
  if (type === 'bool') return 'false'
  if (/^(?:u?int(?:8|16|32|64|ptr)?|byte|rune|float(?:32|64)|complex(?:64|128))$/.test(type)) return '0'
  return `*new(${type})`
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  boolean: 'false',
  byte: '(byte) 0',
  short: '(short) 0',
  int: '0',
  long: '0L',
  float: '0f',
  double: '0.0',
  char: "'\\0'",
}

/** By the declared type of the variable or of the method's result; null where the type cannot be seen. */
function javaDefault(node: SgNode): string | null {
  const type = javaTargetType(node)
  if (type === null || type === 'var' || type === 'void') return null
  return PRIMITIVES[type] ?? 'null'
}

function javaTargetType(node: SgNode): string | null {
  for (let current = node.parent(); current !== null; current = current.parent()) {
    if (current.kind() === 'parenthesized_expression' || current.kind() === 'variable_declarator') continue
    if (current.kind() === 'local_variable_declaration' || current.kind() === 'field_declaration')
      return current.field('type')?.text() ?? null
    if (current.kind() === 'return_statement') {
      const method = enclosingFunction(current, 'java')
      return method?.kind() === 'method_declaration' ? (method.field('type')?.text() ?? null) : null
    }
    // An argument's or an assigned variable's type stands elsewhere; null suits every one that is not primitive.
    return current.kind() === 'argument_list' ? 'Object' : assignedType(current)
  }
  return null
}

function assignedType(node: SgNode): string | null {
  if (node.kind() !== 'assignment_expression') return null
  const name = node.field('left')?.text() ?? ''
  const root = node.getRoot().root()
  const declared = root
    .findAll({ rule: { any: [{ kind: 'local_variable_declaration' }, { kind: 'field_declaration' }] } })
    .find((each) => each.field('declarator')?.field('name')?.text() === name.replace(/^this\./, ''))
  return declared?.field('type')?.text() ?? null
}

/** The function that contains the node; null at the top of the file. */
export function enclosingFunction(node: SgNode, language: Language): SgNode | null {
  const { functions } = grammarOf(language)
  for (let current = node.parent(); current !== null; current = current.parent()) {
    if (functions.has(String(current.kind()))) return current
  }
  return null
}
