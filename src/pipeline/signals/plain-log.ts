import { MAX_RAW, toEpochMs, toLogLevel } from './log-record.ts'
import { isRequestField, toFailingInput } from './json-log.ts'
import { redactSecrets, redactValue } from './redact-secrets.ts'
import { parseStackTraces } from './stack-traces.ts'
import type { LogLevel, LogRecord } from './log-record.ts'
import type { FailingInput } from './stack-trace.ts'

type Head = Partial<Pick<LogRecord, 'atMs' | 'level' | 'service' | 'message' | 'status' | 'failingInput'>>
type Format = (line: string) => Head | null

const ISO =
  /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?[ \t]{0,4}(.*)$/
const TIME_ONLY = /^\d\d:\d\d:\d\d(?:[.,]\d{1,9})? (.*)$/
const LEVEL =
  /(?:^|[\s[(|<])(trace|debug|info|notice|warn|warning|error|severe|critical|fatal|panic|TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|PANIC)(?=[\s\])|>:]|$)/
const LEADING_LEVEL = /^\[?([A-Za-z]{3,9})\]?:(?:[\w.-]{1,100}:)? ?(.*)$/
const SYSLOG =
  /^(?:<(\d{1,3})>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,100} ([\w./@-]{1,80})(?:\[\d{1,9}\])?: (.*)$/
const SYSLOG_5424 =
  /^<(\d{1,3})>1 (\S{10,40}) \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} (?:-|\[[^\]]{0,500}\]) ?(.*)$/
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}\d{1,9} [\w.-]{1,100}:\d{1,6}\] (.*)$/
const ACCESS =
  /^\S{1,100} \S{1,100} \S{1,100} \[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] "([A-Z]{3,10}) (\S{1,2000})[^"]{0,20}" (\d{3})/
const LOGFMT = /(?:^|\s)(?:level|lvl|severity)=/
const LOGFMT_PAIR = /(?:^|\s)([\w.@-]{1,60})=("(?:[^"\\]|\\.){0,8000}"|[^\s"]{0,2000})/g
const TRACE_ID = /\b(?:trace_?id|trace\.id)["']?[=:] ?["']?([0-9a-fA-F-]{8,64})\b/i
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const LEVEL_WITHIN = 120

/** A record of a line, or of a line and those that continue it, in any text format. */
export function parsePlainLog(text: string): LogRecord {
  const raw = redactSecrets(text.slice(0, MAX_RAW))
  const line = raw.split('\n', 1)[0]?.replace(/\r$/, '') ?? ''
  const head = FORMATS.map((format) => format(line)).find((found) => found !== null) ?? {}
  return {
    atMs: head.atMs ?? null,
    level: head.level ?? null,
    service: head.service ?? null,
    version: null,
    message: head.message ?? line,
    traceId: TRACE_ID.exec(line)?.[1] ?? null,
    stackTraces: parseStackTraces(raw),
    failingInput: head.failingInput ?? requestIn(line),
    status: head.status ?? null,
    raw,
  }
}

/** Whether a line begins a record; one that does not may continue the record before it. */
export function beginsRecord(line: string): boolean {
  return isDated(line) || leadingLevel(line) !== null
}

/** Whether a line begins with a time: then all lines without one continue it. */
export function isDated(line: string): boolean {
  return [accessLog, klog, syslog5424, syslog, isoLog, timeOnlyLog].some((format) => format(line) !== null)
}

const FORMATS: readonly Format[] = [
  accessLog,
  klog,
  syslog5424,
  syslog,
  logfmt,
  isoLog,
  timeOnlyLog,
  leadingLevel,
  levelAnywhere,
]

function accessLog(line: string): Head | null {
  const found = ACCESS.exec(line)
  if (found === null) return null
  const [, day, month = '', year, time, zone, method = '', path = '', code] = found
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0')
  const status = Number(code)
  return {
    atMs: toEpochMs(`${year}-${number}-${day}T${time}${zone}`),
    level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    message: `${method} ${path} ${status}`,
    status,
    failingInput: status >= 500 ? { kind: 'http', method, path, body: null } : null,
  }
}

function klog(line: string): Head | null {
  const found = KLOG.exec(line)
  return found === null ? null : { level: toLogLevel(found[1]), message: found[2] ?? '' }
}

function syslog5424(line: string): Head | null {
  const found = SYSLOG_5424.exec(line)
  if (found === null) return null
  const [, priority, time, program = '-', message = ''] = found
  const service = program === '-' ? null : program
  return { atMs: toEpochMs(time), level: ofPriority(priority), service, message }
}

function syslog(line: string): Head | null {
  const found = SYSLOG.exec(line)
  if (found === null) return null
  const [, priority, program = '', message = ''] = found
  return { level: ofPriority(priority) ?? levelIn(message), service: program, message }
}

/** RFC 5424, 6.2.1: the severity is the priority modulo eight. */
function ofPriority(priority: string | undefined): LogLevel | null {
  if (priority === undefined) return null
  const names = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'] as const
  return names[Number(priority) % 8] ?? null
}

function logfmt(line: string): Head | null {
  if (!LOGFMT.test(line)) return null
  const pairs = new Map<string, string>()
  for (const [, key = '', value = ''] of line.matchAll(LOGFMT_PAIR)) pairs.set(key, unquoted(value))
  const level = toLogLevel(pairs.get('level') ?? pairs.get('lvl') ?? pairs.get('severity'))
  return {
    atMs: toEpochMs(pairs.get('time') ?? pairs.get('ts') ?? pairs.get('timestamp')),
    level,
    service: pairs.get('service') ?? pairs.get('app') ?? null,
    message: pairs.get('msg') ?? pairs.get('message') ?? line,
  }
}

/** `request="{\"method\":\"POST\", ...}"`: an object among the pairs of a line. */
function requestIn(line: string): FailingInput | null {
  for (const [, key = '', value = ''] of line.matchAll(LOGFMT_PAIR)) {
    if (isRequestField(key) && value.startsWith('"{'))
      return toFailingInput(redactValue(decoded(unquoted(value))))
  }
  return null
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Cut off, or no JSON: then the request is not known.
  }
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, '$1') : value
}

function isoLog(line: string): Head | null {
  const found = ISO.exec(line)
  if (found === null) return null
  const rest = found[2] ?? ''
  return { atMs: toEpochMs(found[1]), level: levelIn(rest), message: messageOf(rest) }
}

function timeOnlyLog(line: string): Head | null {
  const rest = TIME_ONLY.exec(line)?.[1]
  return rest === undefined ? null : { level: levelIn(rest), message: messageOf(rest) }
}

/** Python's basicConfig (`ERROR:root:message`) and `[error] message`. */
function leadingLevel(line: string): Head | null {
  const found = LEADING_LEVEL.exec(line)
  const level = toLogLevel(found?.[1])
  return found === null || level === null ? null : { level, message: found[2] ?? '' }
}

function levelAnywhere(line: string): Head | null {
  const level = levelIn(line)
  return level === null ? null : { level, message: messageOf(line) }
}

function levelIn(text: string): LogLevel | null {
  return toLogLevel(LEVEL.exec(text.slice(0, LEVEL_WITHIN))?.[1])
}

/** What follows the level, the thread and the logger: after ` - `, `] ` or the level itself. */
function messageOf(rest: string): string {
  const found = LEVEL.exec(rest.slice(0, LEVEL_WITHIN))
  if (found === null) return rest
  const after = rest.slice(found.index + found[0].length).replace(/^[\])|>:]?[ \t]{0,8}/, '')
  return /^(?:\[[^\]]{0,80}\] )?(?:[\w.$-]{1,100} )?(?:- |: )(.*)$/.exec(after)?.[1] ?? after
}
