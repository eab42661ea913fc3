import { MAX_RAW, toEpochMs, toLogLevel } from './log-record.ts'
import { redactValue } from './redact-secrets.ts'
import { parseStackTraces } from './stack-traces.ts'
import type { LogRecord } from './log-record.ts'
import type { FailingInput, StackTrace } from './stack-trace.ts'

type Fields = Readonly<Record<string, unknown>>

const TIMES = ['ts', 'time', 'timestamp', '@timestamp', 'datetime', 'asctime', 'date', 'timeMillis', 't']
const LEVELS = ['level', 'severity', 'lvl', 'levelname', 'log.level', 'loglevel', 'level_name', 'l']
const SERVICES = [
  'service',
  'service.name',
  'serviceName',
  'service_name',
  'dd.service',
  'app',
  'application',
  'name',
]
const VERSIONS = ['version', 'service.version', 'app_version', 'appVersion', 'dd.version', 'release']
const MESSAGES = ['message', 'msg', 'event', 'short_message', 'm', 'log', 'textPayload']
const TRACE_IDS = [
  'trace_id',
  'traceId',
  'trace.id',
  'traceid',
  'dd.trace_id',
  'otelTraceID',
  'x-trace-id',
  'trace',
]
const ERRORS = ['error', 'err', 'exception', 'thrown', 'exc']
const ERROR_TYPES = ['type', 'name', 'kind', 'class', 'exception_class', 'exc_type']
const REQUESTS = ['request', 'req', 'http.request', 'http', 'httpRequest']
const STATUSES = [
  'status',
  'statusCode',
  'status_code',
  'http.status_code',
  'res.statusCode',
  'response.status',
]
const PATHS = ['path', 'url', 'uri', 'requestUrl', 'target', 'route']
const BODIES = ['body', 'payload', 'json', 'data']
const UNNAMED = new Set(['Error', 'error', 'Exception', 'panic'])

/**
 * A record of a line that is one JSON object, by the field names of pino, bunyan, structlog, logrus, zap, logback,
 * python-json-logger and ECS; null if it is not one. Docker's wrapper (`{"log": ...}`) counts as plain text.
 */
export function parseJsonLog(line: string): LogRecord | null {
  const fields = jsonFields(line)
  if (fields === null) return null
  const clean = redactValue(fields) as Fields
  const raw = JSON.stringify(clean)
  return {
    atMs: first(TIMES, clean, toEpochMs) ?? instantOf(clean),
    level: first(LEVELS, clean, toLogLevel),
    service: first(SERVICES, clean, nameOf),
    version: first(VERSIONS, clean, textOf) ?? textOf(at(clean, 'service.version')),
    message: first(MESSAGES, clean, textOf) ?? messageOfError(clean) ?? '',
    traceId: first(TRACE_IDS, clean, idOf),
    stackTraces: parseStackTraces(raw).map((trace) => named(trace, clean)),
    failingInput: first(REQUESTS, clean, toFailingInput) ?? toFailingInput(clean),
    status: first(STATUSES, clean, toStatus),
    raw: raw.slice(0, MAX_RAW),
  }
}

function jsonFields(line: string): Fields | null {
  const text = line.trim()
  if (!text.startsWith('{') || !text.endsWith('}')) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !isDockerWrapper(value) ? (value as Fields) : null
  } catch {
    return null // Not JSON after all: the line is read as plain text.
  }
}

function isDockerWrapper(value: object): boolean {
  return 'log' in value && 'stream' in value
}

/** The field of that name, or where the name has dots the field inside the field. */
function at(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name]
  return name.split('.').reduce<unknown>((inner, key) => inFields(inner, key), fields)
}

function inFields(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Fields)[key]
    : undefined
}

function first<T>(names: readonly string[], fields: Fields, read: (value: unknown) => T | null): T | null {
  for (const name of names) {
    const value = at(fields, name)
    const found = value === undefined || value === null ? null : read(value)
    if (found !== null) return found
  }
  return null
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

function nameOf(value: unknown): string | null {
  return textOf(value) ?? textOf(inFields(value, 'name'))
}

function idOf(value: unknown): string | null {
  return textOf(value) ?? textOf(inFields(value, 'id'))
}

/** log4j2's JsonLayout: `"instant": {"epochSecond": ..., "nanoOfSecond": ...}`. */
function instantOf(fields: Fields): number | null {
  const seconds = at(fields, 'instant.epochSecond')
  const nanos = at(fields, 'instant.nanoOfSecond')
  if (typeof seconds !== 'number') return null
  return seconds * 1000 + (typeof nanos === 'number' ? Math.floor(nanos / 1e6) : 0)
}

function errorOf(fields: Fields): { type: string | null; message: string | null } {
  const value = first(ERRORS, fields, (found) => found)
  if (typeof value === 'string') return { type: null, message: value.split('\n')[0] ?? value }
  if (typeof value !== 'object' || value === null) return { type: null, message: null }
  const inner = value as Fields
  return { type: first(ERROR_TYPES, inner, textOf), message: first(['message', 'msg'], inner, textOf) }
}

function messageOfError(fields: Fields): string | null {
  const { type, message } = errorOf(fields)
  return type !== null && message !== null ? `${type}: ${message}` : (message ?? type)
}

/** Some loggers keep the exception's name beside its stack: a trace without a name takes it from there. */
function named(trace: StackTrace, fields: Fields): StackTrace {
  if (!UNNAMED.has(trace.type) || trace.message !== '') return trace
  const { type, message } = errorOf(fields)
  return { ...trace, type: type ?? trace.type, message: message ?? '' }
}

function toStatus(value: unknown): number | null {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : null
}

/** Whether a field of this name holds the request. */
export function isRequestField(name: string): boolean {
  return REQUESTS.includes(name)
}

/** The request that a field describes; null where it is none. */
export function toFailingInput(value: unknown): FailingInput | null {
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Fields
  const method = first(['method', 'requestMethod', 'http.method'], fields, textOf)
  const path = first(PATHS, fields, textOf)
  if (method === null || path === null || !/^[A-Za-z]{3,10}$/.test(method)) return null
  const body = first(BODIES, fields, (found) => found)
  return {
    kind: 'http',
    method: method.toUpperCase(),
    path,
    body: typeof body === 'string' ? decoded(body) : body,
  }
}

function decoded(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body // A form, plain text, or cut off by the logger: kept as it stands.
  }
}
