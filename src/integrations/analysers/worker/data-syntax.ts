import { createRequire } from 'node:module'
import { parseAllDocuments } from 'yaml'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import type { WorkerAnswer } from './protocol.ts'

const { version } = createRequire(import.meta.url)('yaml/package.json') as { version: string }

/** Files by convention read with comments and trailing commas, though they end in .json. */
const RELAXED =
  /(?:^|\/)(?:[tj]sconfig[^/]*|\.eslintrc|\.babelrc|\.swcrc|devcontainer|settings|launch|tasks|extensions)\.json$|\.jsonc$|\.json5$/

/** Parses JSON, YAML and .env files. A YAML file that is a template for another program is not YAML yet and is left alone. */
export async function checkDataSyntax(files: readonly SourceFile[]): Promise<WorkerAnswer> {
  const findings = await Promise.all(
    files.map((file) => {
      if (/\.ya?ml$/.test(file.path)) return checkYaml(file)
      return /\.jsonc?$/.test(file.path) ? checkJson(file) : checkEnv(file)
    }),
  )
  return { findings: findings.flat(), version: `JSON.parse, yaml ${version}, own rules for .env` }
}

function checkYaml({ path, text }: SourceFile): readonly RawFinding[] {
  if (text.includes('{{') && /(?:^|\/)templates\/|\.(?:j2|tpl|tmpl)\./.test(path)) return []
  const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: true })
  if (!Array.isArray(documents)) return []
  return documents.flatMap(({ errors }) =>
    errors.map((error) =>
      finding(path, error.linePos?.[0].line ?? null, error.message.split('\n')[0] ?? 'is not valid YAML'),
    ),
  )
}

async function checkJson({ path, text }: SourceFile): Promise<readonly RawFinding[]> {
  if (RELAXED.test(path)) return checkRelaxed(path, text)
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return []
  } catch (thrown) {
    const { message } = thrown as SyntaxError
    const position = /position (\d+)/.exec(message)?.[1]
    const line = position === undefined ? null : text.slice(0, Number(position)).split('\n').length
    return [finding(path, line, message)]
  }
}

const ENV_LINE = /^(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/
/** A value in quotes may go over several lines. */
const OPEN_QUOTE = /^(["'`])(?!.*\1\s*(?:#.*)?$)/

/** There is no standard of it, and its parsers pass over what they cannot read: what no reader takes is refused here. */
function checkEnv({ path, text }: SourceFile): readonly RawFinding[] {
  const findings: RawFinding[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  let open: { readonly quote: string; readonly line: number } | null = null
  lines.forEach((line, at) => {
    if (open !== null) {
      if (line.trimEnd().endsWith(open.quote)) open = null
      return
    }
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return
    const value = ENV_LINE.exec(trimmed)?.[1]
    if (value === undefined) findings.push(finding(path, at + 1, 'is no NAME=value, and no comment'))
    const quote = OPEN_QUOTE.exec(value ?? '')?.[1]
    if (quote !== undefined) open = { quote, line: at + 1 }
  })
  const unclosed = open as { readonly line: number } | null
  return unclosed === null
    ? findings
    : [...findings, finding(path, unclosed.line, 'opens a quote that is not closed')]
}

async function checkRelaxed(path: string, text: string): Promise<readonly RawFinding[]> {
  const { default: ts } = await import('typescript')
  const { parseDiagnostics = [] } = ts.parseJsonText(path, text) as unknown as {
    parseDiagnostics?: readonly import('typescript').Diagnostic[]
  }
  return parseDiagnostics.map(({ start = 0, messageText }) =>
    finding(path, text.slice(0, start).split('\n').length, ts.flattenDiagnosticMessageText(messageText, ' ')),
  )
}

function finding(file: string, line: number | null, message: string): RawFinding {
  return { file, line, rule: 'syntax-error', message, severity: 'error' }
}
