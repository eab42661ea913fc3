import type { LogRecord } from './log-record.ts'

/** Where in the code a record was written, as far as the record itself says. */
export interface LogSite {
  /** A path as the program knows it; a dotted logger name as a path without an extension. */
  readonly file: string
  /** Null where only the file is told. */
  readonly symbol: string | null
}

const FILES = [
  'caller',
  'pathname',
  'file',
  'filename',
  'code.filepath',
  'code.file.path',
  'log.origin.file.name',
  'source.file',
]
const FUNCTIONS = ['funcName', 'func', 'function', 'code.function', 'log.origin.function', 'source.function']
const LOGGERS = ['logger', 'logger_name', 'loggerName', 'log.logger']
const IN_TEXT =
  /(?:^|[\s[(=])([\w@./-]{1,300}\.(?:py|js|mjs|cjs|jsx|ts|mts|tsx|java|kt|go)):\d{1,7}(?=[\s\]):,]|$)/
/** `com.shop.Settlement` before what logback and log4j print of it. */
const JAVA_LOGGER = /\s((?:[a-z_][\w$]{0,60}\.){1,10}[A-Z][\w$]{0,80})\s{0,40}(?:[-:]|\[)/
const DOTTED = /^[\p{L}_$][\p{L}\d_$]*(?:\.[\p{L}_$][\p{L}\d_$]*){1,12}$/u

/**
 * By the field names of zap, slog, logrus, structlog, python-json-logger, logback, log4j2, ECS and OpenTelemetry, or as it
 * stands in a line of text; null where the record does not say.
 */
export function logSite({ raw }: Pick<LogRecord, 'raw'>): LogSite | null {
  const fields = fieldsOf(raw)
  return fields === null ? siteInText(raw.split('\n', 1)[0] ?? '') : siteInFields(fields)
}

function siteInFields(fields: object): LogSite | null {
  const file = firstText(fields, FILES)?.replace(/:\d{1,7}$/, '')
  if (file !== undefined && /\.\w{1,5}$/.test(file))
    return { file, symbol: lastName(firstText(fields, FUNCTIONS)) }
  const logger = firstText(fields, LOGGERS)
  return logger === undefined || !DOTTED.test(logger)
    ? null
    : { file: logger.replaceAll('.', '/'), symbol: null }
}

function siteInText(line: string): LogSite | null {
  const file = IN_TEXT.exec(line)?.[1]
  if (file !== undefined) return { file, symbol: null }
  const logger = JAVA_LOGGER.exec(line)?.[1]
  return logger === undefined ? null : { file: logger.replaceAll('.', '/'), symbol: null }
}

function fieldsOf(raw: string): object | null {
  if (!raw.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(raw)
    return typeof value === 'object' ? value : null
  } catch {
    return null // Cut off, or text that begins like JSON: read as text.
  }
}

function firstText(fields: object, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = at(fields, name)
    if (typeof value === 'string' && value !== '' && value.length <= 500) return value
  }
  return undefined
}

/** The field of that name, or where the name has dots the field inside the field. */
function at(fields: object, name: string): unknown {
  if (Object.hasOwn(fields, name)) return (fields as Record<string, unknown>)[name]
  return name.split('.').reduce<unknown>((inner, key) => {
    const isThere = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
    return isThere ? (inner as Record<string, unknown>)[key] : undefined
  }, fields)
}

function lastName(name: string | undefined): string | null {
  return name?.match(/[\p{L}_$][\p{L}\d_$]*/gu)?.at(-1) ?? null
}
