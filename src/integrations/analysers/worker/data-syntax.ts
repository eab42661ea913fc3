import { createRequire } from 'node:module'
import { parseAllDocuments } from 'yaml'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import type { WorkerAnswer } from './protocol.ts'

const { version } = createRequire(import.meta.url)('yaml/package.json') as { version: string }

/** Files by convention read with comments and trailing commas, though they end in .json. */
const RELAXED =
  /(?:^|\/)(?:[tj]sconfig[^/]*|\.eslintrc|\.babelrc|\.swcrc|devcontainer|settings|launch|tasks|extensions)\.json$|\.jsonc$|\.json5$/

/** Parses JSON and YAML. A YAML file that is a template for another program is not YAML yet and is left alone. */
export async function checkDataSyntax(files: readonly SourceFile[]): Promise<WorkerAnswer> {
  const findings = await Promise.all(
    files.map((file) => (/\.ya?ml$/.test(file.path) ? checkYaml(file) : checkJson(file))),
  )
  return { findings: findings.flat(), version: `JSON.parse, yaml ${version}` }
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
