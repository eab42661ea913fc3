import { readFileSync } from 'node:fs'
import { isNode, isScalar, LineCounter, parse, parseDocument, visit, type Document } from 'yaml'
import type { z } from 'zod'
import { interpolate } from './interpolate.ts'

/** One mistake: where it is, what it is, how to mend it. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number | null
  readonly message: string
}

export type ReadResult<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] }

const MAX_ALIASES = 50

/** One YAML file, parsed, with the environment in it, and not yet validated. */
export interface OpenYaml {
  readonly value: unknown
  /** Variables that lack. */
  readonly problems: readonly ConfigProblem[]
  /** The line of what the path names, or of the nearest parent that exists. */
  lineAt(path: readonly (string | number)[]): number | null
  /** What a schema has against the part of the file that `within` names. */
  problemsOf(error: z.ZodError, within: readonly (string | number)[]): readonly ConfigProblem[]
}

/** Reads one YAML file, puts the environment into it and validates it whole, so that all mistakes are told at once. */
export function readYaml<S extends z.ZodType>(
  file: string,
  shownAs: string,
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): ReadResult<z.output<S>> {
  const opened = openYaml(file, shownAs, environment)
  if (opened.kind === 'problems') return opened
  const { value, problems, problemsOf } = opened.value
  const checked = schema.safeParse(value)
  const all = checked.success ? problems : [...problems, ...problemsOf(checked.error, [])]
  return all.length > 0 || !checked.success
    ? { kind: 'problems', problems: all }
    : { kind: 'read', value: checked.data }
}

/** Reads and parses one YAML file for callers that validate it part by part. */
export function openYaml(
  file: string,
  shownAs: string,
  environment: Readonly<Record<string, string | undefined>>,
): ReadResult<OpenYaml> {
  const fault = (message: string, line: number | null = null): ConfigProblem => ({
    file: shownAs,
    line,
    message,
  })
  const text = readText(file)
  if (typeof text !== 'string') return { kind: 'problems', problems: [fault(text.fault)] }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, linePos }) =>
      fault(
        `is not valid YAML: ${(message.split('\n')[0] ?? '').replace(/ at line.*/, '')}`,
        linePos?.[0].line ?? null,
      ),
    )
    return { kind: 'problems', problems }
  }
  const problems = fillIn(document, environment, shownAs, lines)
  const plain = toPlain(document)
  if ('fault' in plain) return { kind: 'problems', problems: [fault(plain.fault)] }
  const opened: OpenYaml = {
    value: plain.value,
    problems,
    lineAt: (path) => lineOf(document, path, lines),
    problemsOf: (error, within) =>
      error.issues.flatMap((issue) =>
        problemOf({ ...issue, path: [...within, ...issue.path] }, document, shownAs, lines),
      ),
  }
  return { kind: 'read', value: opened }
}

function readText(file: string): string | { readonly fault: string } {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { fault: `cannot be read (${code}): it must be a file that this user may read` }
  }
}

/** An alias that stands for too much is refused, not expanded. */
function toPlain(document: Document): { readonly value: unknown } | { readonly fault: string } {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown }
  } catch (error) {
    return { fault: `is not usable YAML: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function fillIn(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
  file: string,
  lines: LineCounter,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return
      const { text, missing } = interpolate(node.value, environment)
      for (const name of missing) {
        const line =
          node.range === null || node.range === undefined ? null : lines.linePos(node.range[0]).line
        problems.push({
          file,
          line,
          message: `the environment variable ${name} is not set: set it, or write \${${name}:-default}`,
        })
      }
      // An unquoted value takes its type after the variables are filled in, as if it had been written out.
      node.value = node.type === 'PLAIN' && text !== '' ? parse(text) : text
    },
  })
  return problems
}

function problemOf(
  issue: z.core.$ZodIssue,
  document: Document,
  file: string,
  lines: LineCounter,
): ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      line: lineOf(document, [...path, key], lines),
      message: `${dotted([...path, key])} is not a known key: remove it or correct its spelling`,
    }))
  }
  const where = path.length === 0 ? '' : `${dotted(path)}: `
  return [{ file, line: lineOf(document, path, lines), message: `${where}${inWords(issue.message)}` }]
}

/** What zod says of a value that is not there, or of another kind. */
function inWords(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? []
  if (expected === undefined) return message
  return received === 'undefined'
    ? `is missing: write ${withArticle(expected)}`
    : `must be ${withArticle(expected)}, not ${withArticle(received ?? '')}`
}

function dotted(path: readonly (string | number)[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('')
}

/** In the words of YAML. */
function withArticle(type: string): string {
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    string: 'a text',
    int: 'a whole number',
    null: 'empty',
  }
  return words[type] ?? `a ${type}`
}

/** The line of the key or value that the path names, or of the nearest parent that exists. */
function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range !== null && node.range !== undefined) {
      const start = node.range[0]
      const at = lines.linePos(start)
      return isScalar(node) || length === 0
        ? at.line
        : keyLine(at.line, document, path.slice(0, length), lines)
    }
  }
  return null
}

/** A mapping starts on the line after its key: the key's own line is what a person looks for. */
function keyLine(
  fallback: number,
  document: Document,
  path: readonly (string | number)[],
  lines: LineCounter,
): number {
  const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (parent === null || typeof parent !== 'object' || !('items' in parent)) return fallback
  const last = path[path.length - 1]
  for (const pair of parent.items as { key?: unknown }[]) {
    const { key } = pair
    if (isScalar(key) && key.value === last && key.range) return lines.linePos(key.range[0]).line
  }
  return fallback
}
