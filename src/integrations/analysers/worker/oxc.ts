import { createRequire } from 'node:module'
import { parseSync, type ParserOptions } from 'oxc-parser'
import type { RawFinding, SourceFile } from '../../../pipeline/gates/ports.ts'
import type { WorkerAnswer } from './protocol.ts'

const { version } = createRequire(import.meta.url)('oxc-parser/package.json') as { version: string }

/** Parses JavaScript and TypeScript. A `.js` file may be a module or a script: one of them has to accept it. */
export function runOxc(files: readonly SourceFile[]): WorkerAnswer {
  return { findings: files.flatMap(parse), version: `oxc-parser ${version}` }
}

function parse({ path, text }: SourceFile): readonly RawFinding[] {
  const attempts = attemptsFor(path).map((options) => parseSync(path, text, options).errors)
  if (attempts.some((errors) => errors.length === 0)) return []
  return (attempts[0] ?? []).map(({ message, labels }) => ({
    file: path,
    line: lineAt(text, labels[0]?.start ?? 0),
    rule: 'syntax-error',
    message,
    severity: 'error',
  }))
}

function attemptsFor(path: string): readonly ParserOptions[] {
  if (/\.d\.[cm]?ts$/.test(path)) return [{ lang: 'dts' }]
  if (/\.tsx$/.test(path)) return [{ lang: 'tsx' }]
  if (/ts$/.test(path)) return [{ lang: 'ts' }]
  const [module, script] = [
    { lang: 'jsx', sourceType: 'module' },
    { lang: 'jsx', sourceType: 'commonjs' },
  ] as const
  if (path.endsWith('.mjs')) return [module]
  return path.endsWith('.cjs') ? [script] : [module, script]
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
