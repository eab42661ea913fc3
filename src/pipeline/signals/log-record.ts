import type { FailingInput, StackTrace } from './stack-trace.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** One record of a log, whatever its format, without the secrets that can be recognised. */
export interface LogRecord {
  /** Null where the line carries no full date (syslog and klog print no year). */
  readonly atMs: number | null
  readonly level: LogLevel | null
  readonly service: string | null
  readonly version: string | null
  readonly message: string
  readonly traceId: string | null
  readonly stackTraces: readonly StackTrace[]
  /** The request the record tells of, where it names method and path. */
  readonly failingInput: FailingInput | null
  /** HTTP status. */
  readonly status: number | null
  /** The line or lines as they stood, redacted, cut at `MAX_RAW` characters. */
  readonly raw: string
}

export const MAX_RAW = 65_536

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  verbose: 'trace',
  finest: 'trace',
  debug: 'debug',
  fine: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  i: 'info',
  warn: 'warn',
  warning: 'warn',
  w: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  e: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
  dpanic: 'fatal',
  f: 'fatal',
}

/** A level by its name in any library, or by pino's and bunyan's numbers (10 trace ... 60 fatal). */
export function toLogLevel(value: unknown): LogLevel | null {
  if (typeof value === 'string') return LEVELS[value.trim().toLowerCase()] ?? null
  if (typeof value !== 'number' || !(value >= 10 && value <= 69)) return null
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor(value / 10) - 1] ?? null
}

/** Epoch milliseconds of an ISO-like string (UTC where it names no zone) or of a number of s, ms, us or ns. */
export function toEpochMs(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? fromNumber(value) : null
  if (typeof value !== 'string') return null
  if (/^\d{9,19}(?:\.\d{1,9})?$/.test(value)) return fromNumber(Number(value))
  const found =
    /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(value)
  if (found === null) return null
  const [, year, month, day, time, fraction = '0', zone = 'Z'] = found
  const offset = zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${year}-${month}-${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`)
  return Number.isNaN(ms) ? null : ms
}

function fromNumber(value: number): number {
  if (value < 1e11) return Math.round(value * 1000)
  if (value < 1e14) return Math.round(value)
  return value < 1e17 ? Math.round(value / 1e3) : Math.round(value / 1e6)
}
