import { isLogLevel } from './error-header.ts'
import { parseJsonLog } from './json-log.ts'
import { beginsRecord, isDated, parsePlainLog } from './plain-log.ts'
import { withoutPrefix } from './trace-lines.ts'
import type { LogRecord } from './log-record.ts'

const MAX_LINES_OF_RECORD = 1_000
const MAX_LINES_BEFORE_ERROR = 6
const SOURCE_PLACE = /^(?:file:\/\/)?\/?[^\s:]{1,500}\.[cm]?[jt]sx?:\d{1,9}$/
const PANICS = /(?:^|\W)(?:panic|fatal error): /
const CONTINUES =
  /^(?:\s|Caused by: |Traceback \(most|The above exception was |During handling of the above |goroutine \d|\[signal |\t|created by |[\w./-]{1,200}\.[\w.()*]{1,200}\(|panic\()/

/** Reads one record of a log, JSON or text; `line` may hold the lines that continue it as well. */
export function parseLogLine(line: string): LogRecord {
  return parseJsonLog(line) ?? parseJsonLog(withoutPrefix(line)) ?? parsePlainLog(line)
}

/**
 * Reads a stretch of a log in order: a stack trace that runs over many lines becomes part of the record before it. Blank
 * lines are dropped unless they stand inside a record. What comes in one piece already, as a collector puts it together,
 * is told by its first line.
 */
export function groupLogLines(lines: readonly string[]): readonly LogRecord[] {
  return groupByRecord(lines, (line) => line).map((group) => parseLogLine(group.join('\n').trimEnd()))
}

/** The same for what carries a line each: the items of every record, in order. */
export function groupByRecord<T>(
  items: readonly T[],
  lineOf: (item: T) => string,
): readonly (readonly T[])[] {
  const records: T[][] = []
  const groups: string[][] = []
  let dated = false
  for (const item of items) {
    const line = lineOf(item)
    const open = groups.at(-1)
    const first = line.split(/\r?\n/, 1)[0] ?? ''
    const plain = withoutPrefix(first)
    const begins = plain.startsWith('{') || (beginsRecord(first) && !isInside(plain, open))
    if (
      open !== undefined &&
      !begins &&
      (dated || continues(plain, open)) &&
      open.length < MAX_LINES_OF_RECORD
    ) {
      open.push(line)
      records.at(-1)?.push(item)
    } else if (line.trim() !== '') {
      groups.push([line])
      records.push([item])
      dated = isDated(first) && !plain.startsWith('{')
    }
  }
  return records
}

/** A collector's timestamp before a frame, or before the exception that ends a traceback, does not make it a record. */
function isInside(plain: string, open: readonly string[] | undefined): boolean {
  return CONTINUES.test(plain) || plain.trim() === '' || endsTraceback(plain, open)
}

function endsTraceback(plain: string, open: readonly string[] | undefined): boolean {
  const name = /^([A-Za-z_][\w.]{0,200})(?:: |$)/.exec(plain)?.[1]
  if (name === undefined || isLogLevel(name) || open === undefined) return false
  const isIndented = /^\s/.test(withoutPrefix(open.at(-1) ?? ''))
  return isIndented && open.some((line) => line.includes('Traceback (most recent call last):'))
}

function continues(plain: string, open: readonly string[]): boolean {
  const first = open[0] ?? ''
  if (first.trimStart().startsWith('{')) return false
  if (plain.trim() === '') return open.some((line) => /^\s+\S/.test(line)) || PANICS.test(first)
  // Node prints where an uncaught error was thrown, the source line and a caret before the error itself.
  const isUncaught = SOURCE_PLACE.test(first) && open.length <= MAX_LINES_BEFORE_ERROR
  return isUncaught || CONTINUES.test(plain) || /^(?:\s+\S|Traceback)/.test(open.at(-1) ?? '')
}
