/** More than this is not read: the head and the tail of the text are kept, so that the cost stays bounded. */
export const MAX_TRACE_TEXT = 2_000_000
const MAX_LINE = 4_000
const MAX_JSON_LINE = 262_144
const MAX_JSON_NODES = 400
const MAX_JSON_DEPTH = 6

const ANSI_COLOUR = /\u001b\[[\d;]{0,20}m/g

/** What collectors put before each line. Each eats exactly one separator, for the indentation after it matters. */
const LINE_PREFIXES: readonly RegExp[] = [
  /^\d{4}-\d\d-\d\dT[\d:.]{8,20}(?:Z|[+-]\d\d:?\d\d) std(?:out|err) [FP] /, // containerd, CRI-O
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)? /, // docker logs -t, kubectl --timestamps
  /^[A-Za-z0-9][\w.-]{0,80} {1,40}\| /, // docker compose
  /^\d{1,3}\|[\w.-]{1,60} {1,40}\| /, // pm2
  /^\[pod\/[^\]\s]{1,200}\] /, // kubectl --prefix
  /^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,100} [\w./@-]{1,80}(?:\[\d{1,9}\])?: /, // syslog
]
const PREFIX_ROUNDS = 3

const ESCAPED_TRACE =
  /\\n(?: {1,12}|(?:\\{1,2}t){1,3})(?:at |File |\/|[A-Z]:)|recent call last\):\\{1,2}n|\[running\]:\\{1,2}n/

/**
 * The text as single lines a trace parser can read: colours, collectors' prefixes and `\r` removed, traces inside JSON
 * strings and escaped traces written out. Bounded by `MAX_TRACE_TEXT`, linear in the length of the text.
 */
export function traceLines(text: string): readonly string[] {
  return bounded(text)
    .split(/\r\n|\n|\r/)
    .flatMap(expandLine)
    .map((line) => (line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line))
}

function bounded(text: string): string {
  if (text.length <= MAX_TRACE_TEXT) return text
  const half = MAX_TRACE_TEXT / 2
  return `${text.slice(0, half)}\n\n${text.slice(-half)}`
}

function expandLine(raw: string): readonly string[] {
  const line = withoutPrefix(raw.includes('\u001b') ? raw.replace(ANSI_COLOUR, '') : raw)
  const brace = line.indexOf('{')
  if (brace !== -1 && line.length <= MAX_JSON_LINE && line.trimEnd().endsWith('}')) {
    const strings = stringsOfJson(line.slice(brace))
    if (strings !== null) return strings.flatMap((text) => [...splitInner(text), ''])
  }
  return isEscapedTrace(line) ? splitInner(unescapeText(line)) : [line]
}

/** The line without what docker, Kubernetes, compose, pm2, syslog or a shipper put before it. */
export function withoutPrefix(line: string): string {
  let rest = line
  for (let round = 0; round < PREFIX_ROUNDS; round += 1) {
    const found = LINE_PREFIXES.map((prefix) => prefix.exec(rest)).find((match) => match !== null)
    if (found === undefined) break
    rest = rest.slice(found[0].length)
  }
  return rest
}

function isEscapedTrace(line: string): boolean {
  return line.includes('\\n') && ESCAPED_TRACE.test(line)
}

function splitInner(text: string): readonly string[] {
  const plain = isEscapedTrace(text) ? unescapeText(text) : text
  return plain.split(/\r\n|\n|\r/).map(withoutPrefix)
}

/** Undoes one or two levels of JSON string escapes. */
function unescapeText(text: string): string {
  const once = text.replace(/\\(["\\ntr/])/g, (_, character: string) => ESCAPES[character] ?? character)
  return isEscapedTrace(once) ? unescapeText(once) : once
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '' }

/** The strings of a JSON text that may hold a trace or a line of one; null if it is no JSON object. */
function stringsOfJson(text: string): readonly string[] | null {
  const value = parseJsonObject(text)
  if (value === null) return null
  const found: string[] = []
  collectStrings(value, '', 0, { found, nodesLeft: MAX_JSON_NODES })
  // The same stack is often logged in two fields, once with a message before it.
  return found.filter(
    (text, index) => !found.some((other, at) => at !== index && repeats(other, text, at < index)),
  )
}

function repeats(longer: string, text: string, isEarlier: boolean): boolean {
  return longer.length === text.length ? isEarlier && longer === text : longer.includes(text)
}

function parseJsonObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null // Not JSON: the line is read as plain text.
  }
}

interface Collected {
  readonly found: string[]
  nodesLeft: number
}

function collectStrings(value: unknown, key: string, depth: number, into: Collected): void {
  into.nodesLeft -= 1
  if (into.nodesLeft < 0 || depth > MAX_JSON_DEPTH) return
  if (typeof value === 'string') {
    if (value.includes('\n') || key === 'log' || isEscapedTrace(value))
      into.found.push(value.replace(/\n$/, ''))
  } else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) collectStrings(inner, name, depth + 1, into)
  }
}
