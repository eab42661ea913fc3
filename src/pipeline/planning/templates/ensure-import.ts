import type { SgNode } from '@ast-grep/napi'
import { parseSource } from '../../signals/parse-source.ts'
import type { Language } from '../../signals/stack-trace.ts'

const IMPORTS = new Set(['import_statement', 'import_from_statement', 'future_import_statement'])

/**
 * The file with an import line that it lacks. Python: `import time` among the imports at the top, in their order, or
 * after the docstring; Go: a package name (`errors`) into the import block. Java needs none: fixes write qualified names.
 */
export function ensureImport(text: string, line: string, language: Language): string {
  if (language === 'python') return ensurePythonImport(text, line)
  if (language === 'go') return ensureGoImport(text, line)
  return text
}

function ensurePythonImport(text: string, line: string): string {
  const children = parseSource('python', text).root().namedChildren()
  const imports = children.filter((node) => IMPORTS.has(String(node.kind())))
  if (imports.some((node) => node.text().trim() === line)) return text
  const later = laterImport(imports, line)
  if (later !== null) return insertBefore(text, later, `${line}\n`)
  const last = imports.findLast((node) => node.kind() !== 'import_from_statement')
  if (last !== undefined) return insertAfter(text, last, `${line}\n`)
  if (imports[0] !== undefined) return insertBefore(text, imports[0], `${line}\n`)
  const first = children.find((node) => node.kind() !== 'comment')
  if (first === undefined) return `${text}${line}\n`
  const isDocstring = first.kind() === 'expression_statement' && first.child(0)?.kind() === 'string'
  return isDocstring ? insertAfter(text, first, `\n${line}\n`) : insertBefore(text, first, `${line}\n\n`)
}

/** The first of the imports that sorts behind the line, where the first block of them is sorted: linters ask for it. */
function laterImport(imports: readonly SgNode[], line: string): SgNode | null {
  const gap = imports.findIndex(
    (node, at) => at > 0 && node.range().start.line !== (imports[at - 1]?.range().end.line ?? 0) + 1,
  )
  const block = imports.slice(0, gap === -1 ? imports.length : gap)
  const plain = block.filter((node) => node.kind() === 'import_statement')
  const texts = plain.map((node) => node.text().trim())
  const isSorted = texts.every((text, at) => at === 0 || (texts[at - 1] ?? '') <= text)
  return isSorted ? (plain.find((node) => node.text().trim() > line) ?? null) : null
}

function insertAfter(text: string, node: SgNode, lines: string): string {
  const at = endOfLine(text, node.range().end.index)
  return text.slice(0, at) + lines + text.slice(at)
}

function insertBefore(text: string, node: SgNode, lines: string): string {
  const at = text.lastIndexOf('\n', node.range().start.index - 1) + 1
  return text.slice(0, at) + lines + text.slice(at)
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

function ensureGoImport(text: string, name: string): string {
  const root = parseSource('go', text).root()
  const specs = root.findAll({ rule: { kind: 'import_spec' } })
  if (specs.some((spec) => spec.field('path')?.text() === `"${name}"`)) return text
  const list = root.find({ rule: { kind: 'import_spec_list' } })
  if (list !== null) {
    // gofmt keeps a block in order: before the first path that sorts later.
    const later = specs.find((spec) => (spec.field('path')?.text() ?? '') > `"${name}"`)
    if (later !== undefined) {
      const at = later.range().start.index
      return `${text.slice(0, at)}"${name}"\n\t${text.slice(at)}`
    }
    const at = list.range().end.index - 1
    return `${text.slice(0, at)}\t"${name}"\n${text.slice(at)}`
  }
  const only = root.find({ rule: { kind: 'import_declaration' } })
  const clause = root.find({ rule: { kind: 'package_clause' } })
  const anchor = only ?? clause
  if (anchor === null) return text
  const at = endOfLine(text, anchor.range().end.index)
  return only === null
    ? `${text.slice(0, at)}\nimport "${name}"\n${text.slice(at)}`
    : `${text.slice(0, at)}import "${name}"\n${text.slice(at)}`
}
