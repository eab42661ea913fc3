import type { FoundTrace } from './found-trace.ts'
import type { StackFrame, StackTrace } from './stack-trace.ts'

const PLACE = /^\s*((?:[A-Za-z]:)?[^\s:"]{1,1000}\.(?:go|s|cgo)):(\d{1,9})(?: \+0x[0-9a-f]{1,16})?(?:\D|$)/
const FUNCTION =
  /^\s*([\w./~%@·-]{1,300}?)\.((?:\(\*?[\w.[\]]{1,200}\)\.|[\w[\]·]{1,200}\.){0,8}[\w·[\].-]{1,200})(?:\(.*)?$/
const CREATED_BY = /^\s*created by (.+?)(?: in goroutine \d{1,12})?$/
const PANIC = /(?:^|[^\w.])(panic|fatal error): (.*)$/
const PANIC_SERVING = /panic serving [^ ]{1,100}: (.*)$/
const RECOVERED = /(?:panic recovered|recovered from panic|recovered)[^:]{0,80}: ?(.*)$/i
const GOROUTINE = /(?:^|[^\w])goroutine (\d{1,12}) \[([^\]]{1,100})\]:/
const RACE = 'WARNING: DATA RACE'
const RACE_END = /^={10,}$/
const NOT_APPLICATION =
  /[\\/](?:go|go[-\d.]{1,12}|golang)[\\/](?:[\d.]+[\\/]x64[\\/])?src[\\/]|[\\/]pkg[\\/]mod[\\/]|[\\/]vendor[\\/]|^_cgo/i
/** Built with -trimpath, a module of others carries its version; a release's own directory may carry one as well. */
const VERSIONED = /@v\d/
const STANDARD_PACKAGES = new Set(
  'archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings sync syscall testing text time unicode unsafe'.split(
    ' ',
  ),
)

interface Exception {
  readonly type: string
  readonly message: string
}

interface Section {
  readonly frames: StackFrame[]
  readonly start: number
  readonly kind: 'panic' | 'error'
  readonly exception: Exception
  end: number
}

/** Reads Go's panics and fatal errors, stacks of `debug.Stack()`, and errors printed with `%+v`. Race reports are skipped. */
export function parseGoTraces(lines: readonly string[]): readonly FoundTrace[] {
  const sections = readSections(lines)
  const found: FoundTrace[] = []
  for (const section of sections) {
    const trace = toTrace(section)
    const last = found.at(-1)
    const wraps = section.kind === 'error' && last !== undefined && last.lastLine === section.start - 1
    if (wraps && last.trace.type === 'error')
      found[found.length - 1] = {
        trace: { ...trace, cause: last.trace },
        firstLine: last.firstLine,
        lastLine: section.end,
      }
    else found.push({ trace, firstLine: section.start, lastLine: section.end })
  }
  return found
}

/** A reader that goes over the lines once; `pending` is the panic whose goroutine has not come yet. */
function readSections(lines: readonly string[]): readonly Section[] {
  const sections: Section[] = []
  let pending: { exception: Exception; line: number } | null = null
  let open: Section | null = null
  let isDump = false
  let inRace = false
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (inRace || line.includes(RACE)) {
      inRace = !RACE_END.test(line.trim())
      continue
    }
    const panic = readPanic(line)
    if (panic !== null) {
      // `panic: a [recovered]` is followed by an indented `panic: b`: the first is what went wrong.
      if (pending === null || at - pending.line > 10) pending = { exception: panic, line: at }
      open = null
      isDump = false
      continue
    }
    if (GOROUTINE.test(line)) {
      // After a panic the runtime prints the goroutine that panicked first, then, for some, all the others.
      open = isDump ? null : openSection('panic', pending, at)
      if (open !== null) sections.push(open)
      isDump = true
      pending = null
      continue
    }
    const frame = readGoFrame(line, lines[at + 1] ?? '')
    if (frame === null) {
      if (line.trim() === '') open = null
      else if (open?.kind === 'error') open = null
      continue
    }
    if (open === null && !isDump) {
      open = errorSection(lines, at)
      sections.push(open)
    }
    if (open !== null) {
      open.frames.push(frame)
      open.end = at + 1
    }
    at += 1
  }
  return sections.filter((section) => section.frames.length > 0)
}

function openSection(
  kind: 'panic',
  pending: { exception: Exception; line: number } | null,
  at: number,
): Section {
  const exception = pending?.exception ?? { type: 'panic', message: '' }
  return { kind, exception, start: pending?.line ?? at, end: at, frames: [] }
}

function errorSection(lines: readonly string[], at: number): Section {
  const above = (lines[at - 1] ?? '').trim()
  const start = above === '' || PLACE.test(above) ? at : at - 1
  const message = start === at ? '' : above
  return { kind: 'error', exception: { type: 'error', message }, start, end: at, frames: [] }
}

function readPanic(line: string): Exception | null {
  if (!/panic|fatal error|recovered/i.test(line)) return null
  const serving = PANIC_SERVING.exec(line)?.[1]
  if (serving !== undefined) return exceptionOf('panic', serving)
  const found = PANIC.exec(line)
  if (found?.[1] !== undefined) return exceptionOf(found[1], found[2] ?? '')
  const recovered = RECOVERED.exec(line)?.[1]
  return recovered === undefined ? null : exceptionOf('panic', recovered)
}

function exceptionOf(kind: string, text: string): Exception {
  const message = text.replace(/ \[recovered(?:, repanicked)?\]$/, '').trim()
  const runtime = /^runtime error: /.exec(message)
  return runtime === null
    ? { type: kind, message }
    : { type: 'runtime error', message: message.slice(runtime[0].length) }
}

function toTrace(section: Section): StackTrace {
  return {
    language: 'go',
    ...section.exception,
    frames: section.kind === 'panic' ? belowPanic(section.frames) : section.frames,
    cause: null,
  }
}

/** Above the last `panic(` are the deferred functions that saw it; the frame under it is where it began. */
function belowPanic(frames: readonly StackFrame[]): readonly StackFrame[] {
  const at = frames.findLastIndex((frame) => frame.symbol === 'panic' && frame.module === null)
  return frames.slice(at + 1)
}

/** A function line and the `\t/path/file.go:12 +0x1d` under it; null where the two lines are no frame. */
function readGoFrame(line: string, next: string): StackFrame | null {
  if (!next.includes('.go:') && !next.includes('.s:')) return null
  const place = PLACE.exec(next)
  const name = /^\s*panic\(/.test(line) ? { module: null, symbol: 'panic' } : readFunction(line)
  if (place?.[1] === undefined || name === null) return null
  const file = place[1]
  return {
    file,
    line: Number(place[2]),
    column: null,
    ...name,
    application: isApplication(file, name.module),
  }
}

/** `github.com/org/shop/payment.(*Server).handle(0xc0, ...)` -> its package path and `(*Server).handle`. */
function readFunction(line: string): { module: string; symbol: string } | null {
  const text = CREATED_BY.exec(line)?.[1] ?? line.trim()
  const slash = text.slice(0, text.indexOf('(') === -1 ? text.length : text.indexOf('(')).lastIndexOf('/')
  const found = FUNCTION.exec(text.slice(slash + 1))
  if (found?.[1] === undefined || found[2] === undefined) return null
  return { module: (text.slice(0, slash + 1) + found[1]).replaceAll('%2e', '.'), symbol: found[2] }
}

function isApplication(file: string, module: string | null): boolean {
  if (module === null || NOT_APPLICATION.test(file)) return false
  if (file.startsWith('/') || /^[A-Za-z]:/.test(file)) return true
  if (VERSIONED.test(file)) return false
  return !STANDARD_PACKAGES.has(module.split('/')[0]?.split('.')[0] ?? '')
}
