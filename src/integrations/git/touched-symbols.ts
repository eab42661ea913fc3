import { fileURLToPath } from 'node:url'
import { gitText } from './git.ts'

const MOST_SYMBOLS = 100
const MAX_DIFF_BYTES = 16 * 1024 * 1024
const ATTRIBUTES = fileURLToPath(new URL('./function-names.gitattributes', import.meta.url))

/** Git knows how functions begin in Python, Java and Go; of JavaScript and TypeScript it has to be told. */
const ECMASCRIPT = [
  '!^[ \t]*(if|for|while|switch|catch|return|else|do|with|await|throw)([^A-Za-z0-9_$]|$)',
  '!^[ \t]*[A-Za-z_$.][A-Za-z0-9_$.]*\\(.*=>[ \t]*\\{[ \t]*$',
  // Git shows the first group: all that follows the indentation.
  '^[ \t]*(((export|default|async|static|public|private|protected|readonly|abstract|get|set)[ \t]+)*' +
    '((function\\*?|class|interface)[ \t]+[A-Za-z_$].*' +
    '|(const|let|var)[ \t]+[A-Za-z_$][A-Za-z0-9_$]*[ \t]*=[ \t]*(async[ \t]*)?(function|\\(|[A-Za-z_$][A-Za-z0-9_$]*[ \t]*=>).*' +
    '|#?[A-Za-z_$][A-Za-z0-9_$]*[ \t]*(<[^>]*>)?\\(.*\\)[^;]*\\{[ \t]*))$',
].join('\n')

const SETTINGS = [`core.attributesFile=${ATTRIBUTES}`, `diff.ecmascript.xfuncname=${ECMASCRIPT}`].flatMap(
  (setting) => ['-c', setting],
)
const FORM = ['--no-walk=unsorted', '--format=%x1e%H', '--patch', '--unified=0', '--no-color']
const PLAIN = ['--no-ext-diff', '--no-textconv', '--no-renames', '--no-show-signature']

/**
 * The functions and classes that each of the commits touched, by their bare names: those around its changed lines as git tells
 * them apart, and those that its lines define. Merges have none of their own.
 * Throws CcpError `bad-input` where the changes are too large to read, `timeout` where that takes too long.
 */
export async function touchedSymbols(
  directory: string,
  commits: readonly string[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (commits.length === 0) return new Map()
  const args = [...SETTINGS, 'log', ...FORM, ...PLAIN, '--end-of-options', ...commits, '--']
  const text = await gitText(directory, args, { timeoutMs, maxBytes: MAX_DIFF_BYTES })
  const records = text.split('\u001e').slice(1)
  return new Map(
    records.map((record) => {
      const [commit = '', ...lines] = record.split('\n')
      return [commit, symbolsIn(lines)]
    }),
  )
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@ ?(.*)$/

/** Of the lines of a diff without context. */
function symbolsIn(lines: readonly string[]): readonly string[] {
  const found = new Set<string>()
  let left = 0
  let around: string | null = null
  for (const line of lines) {
    const hunk = left > 0 ? null : HUNK.exec(line)
    if (hunk !== null) {
      left = Number(hunk[1] ?? 1) + Number(hunk[2] ?? 1)
      around = symbolIn(hunk[3] ?? '')
    } else if (left > 0 && !line.startsWith('\\')) {
      left -= 1
      // Changed lines that begin with a definition lie behind the function that git names, not in it.
      const symbol = definedIn(line.slice(1)) ?? around
      if (symbol !== null) found.add(symbol)
      around = null
    }
  }
  return [...found].slice(0, MOST_SYMBOLS)
}

const KEYWORD =
  /\b(?:def|func|function\*?|class|interface|record|enum)\s{1,4}(?:\([^)]{0,200}\)\s{0,4})?([\p{L}_$][\p{L}\d_$]*)/u
const ASSIGNED =
  /^\s{0,80}(?:export\s+)?(?:const|let|var)\s{1,4}([\p{L}_$][\p{L}\d_$]*)\s{0,4}=\s{0,4}(?:async\s{0,4})?(?:function\b|\(|[\w$]+\s{0,4}=>)/u
const WITH_MODIFIER =
  /^\s{0,80}(?:(?:public|private|protected|static|final|abstract|synchronized|async|override)\s{1,4}){1,6}[^=;(]{0,200}?([\p{L}_$][\p{L}\d_$]*)\s{0,4}\(/u
const CALLABLE = /([\p{L}_$][\p{L}\d_$]*)\s{0,4}\(/u

/** What a line defines, if anything. */
function definedIn(line: string): string | null {
  if (line.length > 500) return null
  return (KEYWORD.exec(line) ?? ASSIGNED.exec(line) ?? WITH_MODIFIER.exec(line))?.[1] ?? null
}

/** The name in a line that git takes for the beginning of a function or class. */
function symbolIn(heading: string): string | null {
  return definedIn(heading) ?? CALLABLE.exec(heading)?.[1] ?? null
}
