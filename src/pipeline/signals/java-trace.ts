import { frameRuns } from './frame-runs.ts'
import { withRootCause } from './found-trace.ts'
import type { FrameRun } from './frame-runs.ts'
import type { FoundTrace } from './found-trace.ts'
import type { StackFrame, StackTrace } from './stack-trace.ts'

/** `at [loader//|module@version/]package.Class.method(Source.java:12) ~[jar:version]` */
const FRAME =
  /(?:^\s*|\s{2,}|\t)at ((?:[\w.@+-]{0,200}\/){0,3})([\w$./<>+-]{1,400})\.([\w$<>-]{1,200})\(([^()]{0,300})\)/
const SOURCE = /^([\w$-]{1,200}\.(?:java|kt|kts|scala|groovy|clj))(?::(\d{1,9}))?$/
const MORE = /^\s*\.\.\. (\d{1,6}) (?:more|common frames omitted)/
const CAUSED_BY = /^\s*Caused by: /
const WRAPPED_BY = /^\s*Wrapped by: /
const SUPPRESSED = /^(\s*)Suppressed: /

const NOT_APPLICATION =
  /^(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|org\.(?:springframework|apache|hibernate|junit|eclipse|jboss|wildfly|slf4j|postgresql|gradle|codehaus|glassfish|mockito|reactivestreams|aspectj|xml|w3c)|com\.(?:fasterxml|google\.common|google\.inject|zaxxer|mysql|intellij|mongodb|netflix)|io\.(?:netty|grpc|micrometer|quarkus|vertx|micronaut|reactivex|undertow|opentelemetry|lettuce)|ch\.qos|junit|reactor|okhttp3|retrofit2|akka|rx|lombok|net\.sf\.cglib|net\.bytebuddy|feign)\./
const GENERATED = /\$\$(?:Lambda|Enhancer|FastClass|SpringCGLIB)|\$Proxy\d|^(?:jdk\.internal|sun\.reflect)\./

interface Block {
  readonly run: FrameRun
  readonly indent: number
  readonly omitted: number
}

/** Reads the JVM's stack traces: Java, and Kotlin, Scala and Groovy, which print the same form. */
export function parseJavaTraces(lines: readonly string[]): readonly FoundTrace[] {
  const found: FoundTrace[] = []
  let suppressedIndent: number | null = null
  for (const run of frameRuns(lines, readJavaFrame)) {
    const mark = run.gap.toReversed().find((line) => isMark(line)) ?? ''
    const indent = indentOf(mark)
    const block = { run, indent, omitted: omittedAfter(lines, run.lastFrameLine) }
    if (SUPPRESSED.test(mark)) suppressedIndent = indent
    else if (!CAUSED_BY.test(mark) || suppressedIndent === null || indent < suppressedIndent) {
      suppressedIndent = null
      addTo(found, block, mark)
    }
  }
  return found
}

function addTo(found: FoundTrace[], block: Block, mark: string): void {
  const last = found.at(-1)
  const lastLine = block.run.lastFrameLine
  if (last !== undefined && CAUSED_BY.test(mark)) {
    const cause = toTrace(block, innermostOf(last.trace).frames)
    found[found.length - 1] = { ...last, trace: withRootCause(last.trace, cause), lastLine }
  } else if (last !== undefined && WRAPPED_BY.test(mark)) {
    const wrapper = { ...toTrace(block, last.trace.frames), cause: last.trace }
    found[found.length - 1] = { ...last, trace: wrapper, lastLine }
  } else found.push({ trace: toTrace(block, []), firstLine: block.run.headerLine, lastLine })
}

function innermostOf(trace: StackTrace): StackTrace {
  return trace.cause === null ? trace : innermostOf(trace.cause)
}

function isMark(line: string): boolean {
  return CAUSED_BY.test(line) || WRAPPED_BY.test(line) || SUPPRESSED.test(line)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** `... 12 more`: the last 12 frames are those of the enclosing trace. */
function omittedAfter(lines: readonly string[], lastFrameLine: number): number {
  return Number(MORE.exec(lines[lastFrameLine + 1] ?? '')?.[1] ?? 0)
}

function toTrace(block: Block, enclosing: readonly StackFrame[]): StackTrace {
  const shared = block.omitted === 0 ? [] : enclosing.slice(-block.omitted)
  const { type, message } = block.run.header
  return { language: 'java', type, message, frames: [...block.run.frames, ...shared], cause: null }
}

/** One `at package.Class.method(...)` line; null for anything else. */
export function readJavaFrame(line: string): StackFrame | null {
  if (!line.includes('at ')) return null
  const found = FRAME.exec(line)
  const [, loader = '', type, method, source = ''] = found ?? []
  if (type === undefined || method === undefined) return null
  const place = SOURCE.exec(source)
  if (place === null && !isPlaceless(source)) return null
  const lineNumber = place?.[2] === undefined ? null : Number(place[2])
  const ours = !/^(?:java|jdk)\./.test(loader) && !NOT_APPLICATION.test(`${type}.`) && !GENERATED.test(type)
  return {
    file: place?.[1] ?? source,
    line: lineNumber,
    column: null,
    symbol: method,
    module: type,
    application: ours && place !== null,
  }
}

function isPlaceless(source: string): boolean {
  return source === 'Native Method' || source === 'Unknown Source' || source === '' || /^<\w+>$/.test(source)
}
