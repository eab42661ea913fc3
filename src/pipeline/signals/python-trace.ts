import { isLogLevel } from './error-header.ts'
import { withRootCause } from './found-trace.ts'
import type { FoundTrace } from './found-trace.ts'
import type { StackFrame, StackTrace } from './stack-trace.ts'

const HEADER = 'Traceback (most recent call last):'
const FRAME = /File "([^"]{1,1000})", line (\d{1,9})(?:, in ([\w.<>]{1,200}))?/
const GROUP_GUTTER = /^ {2,80}(?:\| ?|\+ (?=Exception Group)|\+-)/
const GROUP_SEPARATOR = /^ {2,80}\+-[+-]/
const CHAIN =
  /^(?:The above exception was the direct cause of the following exception:|During handling of the above exception, another exception occurred:)/
const EXCEPTION = /^((?:[A-Za-z_]\w{0,80}\.){0,20}([A-Za-z_]\w{0,100}))(?:: ?(.*))?$/
const ERROR_NAME = /(?:Error|Exception|Warning|Group|Exit|Interrupt|Iteration|Timeout|NotFound)$/
const LOWERCASE_ERRORS = new Set(['error', 'timeout', 'herror', 'gaierror'])
const NOT_APPLICATION =
  /[\\/](?:site|dist)-packages[\\/]|[\\/]lib(?:64)?[\\/]python\d|[\\/]Python[\d.]*[\\/]Lib[\\/]|\.zip[\\/]|^<|[\\/]importlib[\\/]_bootstrap/i
const MAX_INTERLEAVED = 20

interface Line {
  readonly text: string
  readonly inGroup: boolean
}

interface RawTraceback {
  readonly trace: StackTrace
  readonly isGroup: boolean
  readonly nextLine: number
}

/** Reads CPython's tracebacks, chained ones and exception groups among them. */
export function parsePythonTraces(lines: readonly string[]): readonly FoundTrace[] {
  const plain = lines.map(withoutGutter)
  const found: FoundTrace[] = []
  let link: 'none' | 'chained' | 'grouped' = 'none'
  for (let at = 0; at < plain.length;) {
    const line = plain[at]
    if (line === undefined) break
    if (CHAIN.test(line.text.trim())) link = 'chained'
    if (link === 'grouped' && !line.inGroup && line.text.trim() !== '') link = 'none'
    const raw = startsTraceback(line.text) ? readTraceback(plain, at) : null
    if (raw === null) {
      at += 1
      continue
    }
    append(found, { trace: raw.trace, firstLine: at, lastLine: raw.nextLine - 1 }, link)
    link = raw.isGroup ? 'grouped' : 'none'
    at = raw.nextLine
  }
  return found.filter((each) => each.trace.frames.length > 0)
}

function append(found: FoundTrace[], next: FoundTrace, link: 'none' | 'chained' | 'grouped'): void {
  const last = found.at(-1)
  if (last === undefined || link === 'none') found.push(next)
  else if (link === 'grouped')
    found[found.length - 1] = {
      ...last,
      trace: withRootCause(last.trace, next.trace),
      lastLine: next.lastLine,
    }
  else
    found[found.length - 1] = {
      ...next,
      trace: withRootCause(next.trace, last.trace),
      firstLine: last.firstLine,
    }
}

function withoutGutter(line: string): Line {
  if (GROUP_SEPARATOR.test(line)) return { text: '', inGroup: true }
  const gutter = GROUP_GUTTER.exec(line)
  return gutter === null
    ? { text: line, inGroup: false }
    : { text: line.slice(gutter[0].length), inGroup: true }
}

function startsTraceback(line: string): boolean {
  return line.includes(HEADER) || readPythonFrame(line) !== null
}

/** Reads from the header, or from the first frame where the head is lost, to the line that names the exception. */
function readTraceback(lines: readonly Line[], start: number): RawTraceback {
  const prefix = prefixBefore(lines, start)
  const isGroup = (lines[start]?.text ?? '').includes(`Exception Group ${HEADER}`)
  const frames: StackFrame[] = []
  let skipped = 0
  let at = (lines[start]?.text ?? '').includes(HEADER) ? start + 1 : start
  for (; at < lines.length && skipped <= MAX_INTERLEAVED; at += 1) {
    const text = withoutSamePrefix(lines[at]?.text ?? '', prefix)
    const frame = readPythonFrame(text)
    if (frame !== null) {
      frames.push(frame)
      skipped = 0
    } else if (text.includes(HEADER) || CHAIN.test(text)) break
    else if (!/^\s/.test(text) && text !== '') {
      const exception = readException(text, lines, at)
      if (exception !== null) return { trace: toTrace(exception, frames), isGroup, nextLine: at + 1 }
      skipped += 1
    } else if (text.trim() === '') skipped += 1
  }
  const cut = { type: 'Exception', message: '' }
  return { trace: toTrace(cut, frames), isGroup, nextLine: Math.max(start + 1, at - skipped) }
}

/** A logger's prefix that stands before every line of the traceback; empty where only the first has one. */
function prefixBefore(lines: readonly Line[], start: number): string {
  const header = lines[start]?.text ?? ''
  const at = header.indexOf(HEADER)
  if (at <= 0) return ''
  const next = lines[start + 1]?.text ?? ''
  return next.indexOf('File "') === at + 2 ? header.slice(0, at) : ''
}

function withoutSamePrefix(text: string, prefix: string): string {
  if (prefix === '' || text.length < prefix.length) return text
  const start = text.slice(0, prefix.length)
  return start.replace(/\d/g, '0') === prefix.replace(/\d/g, '0') ? text.slice(prefix.length) : text
}

interface Exception {
  readonly type: string
  readonly message: string
}

function readException(text: string, lines: readonly Line[], at: number): Exception | null {
  const found = EXCEPTION.exec(text.trimEnd())
  const [, type, name, message] = found ?? []
  if (type === undefined || name === undefined || isLogLevel(name)) return null
  if (!/^[A-Z_]/.test(name) && !LOWERCASE_ERRORS.has(name)) return null
  // `Handled: 12` in the middle of a traceback is other output, not its end.
  if (
    !ERROR_NAME.test(name) &&
    lines.slice(at + 1, at + 4).some((line) => readPythonFrame(line.text) !== null)
  )
    return null
  return { type, message: (message ?? '').trim() }
}

function toTrace(exception: Exception, printed: readonly StackFrame[]): StackTrace {
  return { language: 'python', ...exception, frames: printed.toReversed(), cause: null }
}

/** One `File "...", line N, in f` line; null for anything else. */
export function readPythonFrame(line: string): StackFrame | null {
  const at = line.indexOf('File "')
  if (at === -1 || (at > 0 && !/\s/.test(line[at - 1] ?? ''))) return null
  const found = FRAME.exec(line.slice(at))
  const [, file, lineNumber, symbol] = found ?? []
  if (found === null || found.index !== 0 || file === undefined) return null
  return {
    file,
    line: Number(lineNumber),
    column: null,
    symbol: symbol ?? null,
    module: null,
    application: !NOT_APPLICATION.test(file),
  }
}
