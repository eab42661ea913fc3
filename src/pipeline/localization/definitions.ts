import { parseSource } from '../signals/parse-source.ts'
import type { SgNode } from '@ast-grep/napi'
import type { Language } from '../signals/stack-trace.ts'

/** A function, method or class; lines are one-based, both included. */
export interface Definition {
  readonly name: string
  /** With the class or receiver it belongs to: `Receipt.total`. */
  readonly qualifiedName: string
  readonly kind: 'function' | 'class'
  readonly from: number
  readonly to: number
}

/** Larger files are bundles or data; parsing them would take longer than the answer is worth. */
const MAX_SOURCE = 1_500_000

const CLASSES: Readonly<Record<Language, readonly string[]>> = {
  python: ['class_definition'],
  javascript: ['class_declaration', 'class'],
  typescript: ['class_declaration', 'class', 'abstract_class_declaration'],
  java: ['class_declaration', 'interface_declaration', 'enum_declaration', 'record_declaration'],
  go: ['type_spec'],
}
const FUNCTIONS: Readonly<Record<Language, readonly string[]>> = {
  python: ['function_definition'],
  javascript: [
    'function_declaration',
    'generator_function_declaration',
    'method_definition',
    'function_expression',
  ],
  typescript: [
    'function_declaration',
    'generator_function_declaration',
    'method_definition',
    'function_expression',
  ],
  java: ['method_declaration', 'constructor_declaration', 'compact_constructor_declaration'],
  go: ['function_declaration', 'method_declaration'],
}
/** `const f = () => ...`, `{ f: () => ... }`, `exports.f = ...`, `f = () => ...` in a class. */
const NAMED_VALUES: Readonly<Record<string, readonly [name: string, value: string]>> = {
  variable_declarator: ['name', 'value'],
  pair: ['key', 'value'],
  assignment_expression: ['left', 'right'],
  public_field_definition: ['name', 'value'],
  field_definition: ['property', 'value'],
}
const FUNCTION_VALUES = new Set(['arrow_function', 'function_expression', 'function', 'generator_function'])

interface Found {
  readonly name: string
  readonly owner: string | null
  readonly kind: Definition['kind']
  readonly from: number
  readonly to: number
}

/** All definitions of a source text in the order in which they begin; empty where the text is too large to parse. */
export function listDefinitions(language: Language, text: string, path: string): readonly Definition[] {
  if (text.length > MAX_SOURCE) return []
  const root = parseSource(language, text, path).root()
  const found = kindsOf(language).flatMap((kind) =>
    findAll(root, kind).flatMap((node) => read(node, kind, language)),
  )
  const ordered = found.toSorted((a, b) => a.from - b.from || b.to - a.to)
  return ordered.map((each) => ({
    name: each.name,
    qualifiedName: qualified(each, ordered),
    kind: each.kind,
    from: each.from,
    to: each.to,
  }))
}

function kindsOf(language: Language): readonly string[] {
  const values =
    language === 'javascript'
      ? ['variable_declarator', 'pair', 'assignment_expression', 'field_definition']
      : []
  const typed =
    language === 'typescript'
      ? ['variable_declarator', 'pair', 'assignment_expression', 'public_field_definition']
      : []
  return [...CLASSES[language], ...FUNCTIONS[language], ...values, ...typed]
}

function findAll(root: SgNode, kind: string): readonly SgNode[] {
  return root.findAll({ rule: { kind } })
}

function read(node: SgNode, kind: string, language: Language): readonly Found[] {
  const named = NAMED_VALUES[kind]
  const isClass = CLASSES[language].includes(kind)
  if (named !== undefined && !FUNCTION_VALUES.has(String(node.field(named[1])?.kind()))) return []
  const name = node.field(named?.[0] ?? 'name')?.text()
  if (name === undefined || name.length > 200) return []
  const { start, end } = node.range()
  return [
    {
      name: lastPart(name),
      owner: receiverOf(node) ?? prototypeOwner(name),
      kind: isClass ? 'class' : 'function',
      from: start.line + 1,
      to: end.line + 1,
    },
  ]
}

function lastPart(name: string): string {
  const plain = name.replace(/^["'`]|["'`]$/g, '')
  return plain.slice(plain.lastIndexOf('.') + 1)
}

/** `Cart.prototype.total = function () {}` belongs to Cart; `exports.total = ...` to nothing. */
function prototypeOwner(name: string): string | null {
  return /^([\w$]{1,100})\.prototype\.[\w$]+$/.exec(name)?.[1] ?? null
}

/** Go: `func (s *Server[T]) handle()` belongs to Server. */
function receiverOf(node: SgNode): string | null {
  const receiver = node.kind() === 'method_declaration' ? node.field('receiver')?.text() : undefined
  return receiver === undefined ? null : (/([\w]+)(?:\[[^\]]*\])?\s*\)$/.exec(receiver)?.[1] ?? null)
}

function qualified(each: Found, all: readonly Found[]): string {
  if (each.owner !== null) return `${each.owner}.${each.name}`
  const around = all.filter((other) => other.kind === 'class' && other !== each && surrounds(other, each))
  return [...around.map((other) => other.name), each.name].join('.')
}

function surrounds(outer: Found, inner: Found): boolean {
  return outer.from <= inner.from && outer.to >= inner.to && outer.to - outer.from > inner.to - inner.from
}

/** The definitions around a line, the innermost first. */
export function definitionsAround(definitions: readonly Definition[], line: number): readonly Definition[] {
  return definitions
    .filter((each) => each.from <= line && each.to >= line)
    .toSorted((a, b) => a.to - a.from - (b.to - b.from))
}
