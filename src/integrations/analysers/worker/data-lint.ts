import { createRequire } from 'node:module'
import { parseAllDocuments } from 'yaml'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import { settingsOf } from '../../../pipeline/signals/config-settings.ts'
import type { WorkerAnswer } from './protocol.ts'

const { version } = createRequire(import.meta.url)('yaml/package.json') as { version: string }

/** Keys that are set twice, of which all readers take the last without a word; YAML and TOML refuse them as syntax. */
export function lintData(files: readonly SourceFile[]): WorkerAnswer {
  const findings = files.flatMap((file) =>
    /\.json$/.test(file.path) ? repeatedInJson(file) : repeatedInEnv(file),
  )
  return { findings, version: `yaml ${version}, own rules for .env` }
}

/** JSON is YAML, and this reader knows of repetitions. */
function repeatedInJson({ path, text }: SourceFile): readonly RawFinding[] {
  const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: true })
  if (!Array.isArray(documents)) return []
  return documents.flatMap(({ errors }) =>
    errors
      .filter(({ code }) => code === 'DUPLICATE_KEY')
      .map(({ linePos }) => repeated(path, linePos?.[0].line ?? null, 'a key')),
  )
}

function repeatedInEnv({ path, text }: SourceFile): readonly RawFinding[] {
  const seen = new Set<string>()
  return settingsOf(path, text).flatMap(({ key, line }) => {
    if (seen.has(key)) return [repeated(path, line, key)]
    seen.add(key)
    return []
  })
}

function repeated(file: string, line: number | null, key: string): RawFinding {
  return {
    file,
    line,
    rule: 'duplicate-key',
    message: `${key} is set a second time: only the last one counts`,
    severity: 'warning',
  }
}
