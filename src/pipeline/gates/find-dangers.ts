import type { NapiConfig, SgNode } from '@ast-grep/napi'
import type { Language } from '../signals/stack-trace.ts'
import { languageOfFile, parseSource } from '../signals/parse-source.ts'
import { isTestFile } from './changed-files.ts'
import { DANGER_RULES, type DangerRule } from './danger-rules.ts'
import type { RawFinding } from './ports.ts'

const MAX_TEXT = 1_000_000
/** Node kinds by which a value can come from elsewhere. */
const VARIABLE =
  /^(?:identifier|call|call_expression|attribute|subscript|member_expression|subscript_expression|selector_expression|index_expression|method_invocation|field_access|array_access|interpolation|template_substitution|await|await_expression)$/
const REQUEST =
  /\b(?:req|request|ctx|params|query|body|args|form|userInput|user_input|r\.URL|FormValue|getParameter)\b/i

/** Calls in these texts that are dangerous by our rules, of one kind or of both. Tests may do what they like. */
export function findDangers(
  texts: ReadonlyMap<string, string>,
  kind: DangerRule['kind'] | 'any',
): readonly RawFinding[] {
  return [...texts].flatMap(([path, text]) => {
    const language = languageOfFile(path)
    if (language === null || isTestFile(path) || text.length > MAX_TEXT) return []
    const root = parseSource(language, text, path).root()
    const rules = DANGER_RULES[language].filter((rule) => kind === 'any' || rule.kind === kind)
    return distinct(rules.flatMap((rule) => matchesOf(rule, root, language, path)))
  })
}

function matchesOf(rule: DangerRule, root: SgNode, language: Language, path: string): readonly RawFinding[] {
  return root.findAll(configOf(rule, language)).flatMap((node) => {
    if (!counts(rule, node, language)) return []
    const message = `${firstLine(node.text())}: ${rule.message}`
    return [
      {
        file: path,
        line: node.range().start.line + 1,
        rule: `ccp/${rule.id}`,
        message,
        severity: 'critical' as const,
      },
    ]
  })
}

const configs = new Map<string, NapiConfig>()

function configOf(rule: DangerRule, language: Language): NapiConfig {
  const key = `${language} ${rule.patterns.join(' ')}`
  const known = configs.get(key)
  if (known !== undefined) return known
  const config: NapiConfig = {
    rule: { any: rule.patterns.map((pattern) => ({ pattern: inContext(pattern, language) })) },
  }
  configs.set(key, config)
  return config
}

/** Some patterns are no program by themselves: a pair of an object, and Go's calls, which alone read as conversions of a type. */
function inContext(pattern: string, language: Language): string | { context: string; selector: string } {
  if (pattern.startsWith('({')) return { context: pattern, selector: 'pair' }
  if (language === 'java' && /^\w+\.[A-Z_]+$/.test(pattern))
    return { context: `class A { Object v = ${pattern}; }`, selector: 'field_access' }
  if (language !== 'go') return pattern
  if (pattern.includes(' = ')) return { context: `func t() { ${pattern} }`, selector: 'assignment_statement' }
  const selector = pattern.includes('{') ? 'composite_literal' : 'call_expression'
  return { context: `func t() { v := ${pattern} }`, selector }
}

function counts({ when }: DangerRule, node: SgNode, language: Language): boolean {
  if (typeof when === 'object')
    return when.holds.test(node.text()) && (!when.variable || hasVariable(node, language))
  switch (when) {
    case 'always':
      return true
    case 'variable':
      return hasVariable(node, language)
    case 'built':
      return argumentsOf(node, language).some(isBuilt)
    case 'request':
      return argumentsOf(node, language).some((part) => isVariable(part) && REQUEST.test(part.text()))
  }
}

function hasVariable(node: SgNode, language: Language): boolean {
  return argumentsOf(node, language).some(isVariable)
}

const FORMATTING = /(?:\.format|\bSprintf|\bString\.format|\.formatted|\.concat)$/

/** A text put together from parts, of which at least one is no constant. */
function isBuilt(node: SgNode): boolean {
  const kind = String(node.kind())
  if (!isVariable(node)) return false
  if (/^binary_(?:operator|expression)$/.test(kind)) return /["'`]/.test(node.text())
  if (kind === 'template_string' || kind === 'string') return true
  if (kind === 'parenthesized_expression') return node.children().some(isBuilt)
  const callee = /^call/.test(kind) ? node.field('function')?.text() : methodOf(node)
  return callee !== undefined && FORMATTING.test(callee)
}

/** Java names the object and the method apart. */
function methodOf(node: SgNode): string | undefined {
  if (node.kind() !== 'method_invocation') return undefined
  return `${node.field('object')?.text() ?? ''}.${node.field('name')?.text() ?? ''}`
}

/** The right side of an assignment, or the arguments of a call. */
function argumentsOf(node: SgNode, language: Language): readonly SgNode[] {
  const right = node.field('right')
  if (right !== null) return [right]
  const list = node.field('arguments')
  if (list !== null) return commandOnly(list.children(), node, language)
  return node.children().filter((child) => /argument/.test(String(child.kind())))
}

/** A fixed program with variable arguments is what the message asks for: only what is run has to be constant. */
function commandOnly(parts: readonly SgNode[], call: SgNode, language: Language): readonly SgNode[] {
  const named = parts.filter((part) => part.isNamed())
  const name = call.field('function')?.text() ?? ''
  if (/(?:spawn|spawnSync|execFile)$/.test(name) && !/shell:\s*true/.test(call.text()))
    return named.slice(0, 1).filter((part) => part.text() !== 'process.execPath')
  if (language !== 'go' || !name.startsWith('exec.Command')) return named
  const program = name === 'exec.CommandContext' ? named.slice(1) : named
  const isShell = /^"(?:\/bin\/|\/usr\/bin\/)?(?:ba|da|z)?sh"$/.test(program[0]?.text() ?? '')
  return isShell ? program : program.slice(0, 1)
}

function isVariable(node: SgNode): boolean {
  if (VARIABLE.test(String(node.kind()))) return true
  // `shell=True`: the name of a keyword argument is no value.
  const parts =
    node.kind() === 'keyword_argument'
      ? [node.field('value')].filter((part) => part !== null)
      : node.children()
  return parts.some(isVariable)
}

function distinct(findings: readonly RawFinding[]): readonly RawFinding[] {
  const seen = new Set<string>()
  return findings.filter(({ line, rule }) => {
    const key = `${line} ${rule}`
    return seen.has(key) ? false : seen.add(key)
  })
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 120)
}
