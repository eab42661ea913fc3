import { frameRuns } from './frame-runs.ts'
import { withRootCause } from './found-trace.ts'
import type { FrameRun } from './frame-runs.ts'
import type { FoundTrace } from './found-trace.ts'
import type { StackFrame, StackTrace } from './stack-trace.ts'

const AT = /(?:^\s*|\s{2,}|\t)at (?:async )?(\S.*)$/
const JAVA_FRAME = /^[\w$./@<>+-]{1,400}\([^()\s]*(?: (?:Method|Source))?\)/
const POSITION = /:(\d{1,9})(?::(\d{1,9}))?$/
const EVAL_AT = /^eval at .{1,200}? \(([^()]{1,500}:\d{1,9}:\d{1,9})\)/
const TYPESCRIPT_FILE = /\.[cm]?tsx?(?:[?#]|$)/
const SOURCE_POSITION = /^(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^:\n]{1,500}\.[cm]?[jt]sx?):(\d{1,9})$/
const CAUSE_MARK = /\[cause\]: |^\s*caused by: /i
const ERRORS_MARK = /\[errors\]: \[/

/** Files of Node's own library as versions before 16 printed them. */
const OLD_INTERNALS = new Set(
  'assert buffer child_process cluster dgram dns domain events fs http https module net path readline repl stream timers tls url util vm zlib bootstrap_node _http_client _http_server _stream_readable _stream_writable _tls_wrap'
    .split(' ')
    .map((name) => `${name}.js`),
)
const NOT_APPLICATION =
  /^(?:node:|internal\/|ext:|deno:|wasm:|native$|index \d|<anonymous>|evalmachine|\[eval)|node_modules[\\/]|[\\/]\.(?:yarn|pnpm|pnp)[\\/.]|webpack\/(?:bootstrap|runtime)/

/** Reads V8's stack traces: of Node, Deno and browsers built on Chromium. */
export function parseNodeTraces(lines: readonly string[]): readonly FoundTrace[] {
  const found: FoundTrace[] = []
  for (const run of frameRuns(lines, readNodeFrame)) {
    const last = found.at(-1)
    if (last !== undefined && isCauseOf(run.gap)) {
      found[found.length - 1] = {
        ...last,
        trace: withRootCause(last.trace, toTrace(run, lines)),
        lastLine: run.lastFrameLine,
      }
    } else found.push({ trace: toTrace(run, lines), firstLine: run.headerLine, lastLine: run.lastFrameLine })
  }
  return found
}

function isCauseOf(gap: readonly string[]): boolean {
  return gap.some((line) => CAUSE_MARK.test(line) || ERRORS_MARK.test(line))
}

function toTrace(run: FrameRun, lines: readonly string[]): StackTrace {
  const frames = [...syntaxErrorFrame(run, lines), ...run.frames]
  const written = frames.find((frame) => frame.application) ?? frames[0]
  return {
    language: written !== undefined && TYPESCRIPT_FILE.test(written.file) ? 'typescript' : 'javascript',
    type: run.header.type,
    message: run.header.message,
    frames,
    cause: null,
  }
}

/** A SyntaxError's own place stands only above it: `/app/x.js:3`, the source line, the caret. */
function syntaxErrorFrame(run: FrameRun, lines: readonly string[]): readonly StackFrame[] {
  if (run.header.type !== 'SyntaxError') return []
  for (const line of lines.slice(Math.max(0, run.headerLine - 6), run.headerLine).toReversed()) {
    const place = SOURCE_POSITION.exec(line.trim())
    if (place?.[1] === undefined) continue
    return [{ ...frameAt(place[1], null), line: Number(place[2]) }]
  }
  return []
}

/** One `at ...` line; null for anything else, Java's frames among them. */
export function readNodeFrame(line: string): StackFrame | null {
  if (!line.includes('at ')) return null
  const rest = AT.exec(line)?.[1]?.trimEnd()
  if (rest === undefined || JAVA_FRAME.test(rest)) return null
  const open = rest.indexOf(' (')
  const close = rest.lastIndexOf(')')
  if (open === -1 || close < open) return bareFrame(rest)
  const place = rest.slice(open + 2, close)
  return readPlace(EVAL_AT.exec(place)?.[1] ?? place, symbolOf(rest.slice(0, open)))
}

function bareFrame(place: string): StackFrame | null {
  const cut = /^(\S{1,1000}?:\d{1,9}:\d{1,9})(?:\D|$)/.exec(place)?.[1] ?? place
  const frame = readPlace(cut, null)
  return frame !== null && frame.line !== null && /[\\/.]|^node:/.test(frame.file) ? frame : null
}

function readPlace(place: string, symbol: string | null): StackFrame | null {
  const position = POSITION.exec(place)
  if (position === null) return isPlaceless(place) ? frameAt(place, symbol) : null
  const file = place.slice(0, position.index)
  const line = Number(position[1])
  const column = position[2] === undefined ? null : Number(position[2])
  return { ...frameAt(file, symbol), line, column }
}

function isPlaceless(place: string): boolean {
  return /^(?:<anonymous>|native|index \d{1,9}|node:[\w/]{1,80})$/.test(place)
}

function frameAt(file: string, symbol: string | null): StackFrame {
  const application = !NOT_APPLICATION.test(file) && !OLD_INTERNALS.has(file)
  return { file, line: null, column: null, symbol, module: null, application }
}

function symbolOf(text: string): string | null {
  const name = text.replace(/ \[as [^\]]{1,200}\]$/, '').trim()
  return name === '' || name === '<anonymous>' || name === 'Object.<anonymous>' ? null : name
}
