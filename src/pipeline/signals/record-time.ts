import { toEpochMs } from './log-record.ts'
import { parseLogLine } from './log-lines.ts'
import { beginsRecord } from './plain-log.ts'

const JSON_TIME = /"(?:time|timestamp|@timestamp|ts|datetime)"\s*:\s*(?:"([^"]{1,64})"|(\d{9,19}(?:\.\d+)?))/
const ISO_HEAD =
  /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)/

/**
 * Epoch milliseconds of the record that a line begins, or null where it begins none or carries no full date. The two
 * commonest forms are read without parsing the line; the rest goes through the log parsers.
 */
export function recordTimeMs(line: string): number | null {
  if (line.startsWith('{')) {
    const found = JSON_TIME.exec(line)
    if (found !== null) return toEpochMs(found[1] ?? Number(found[2]))
    return parseLogLine(line).atMs
  }
  const iso = ISO_HEAD.exec(line)
  if (iso !== null) return toEpochMs(iso[1])
  return startsRecord(line) ? parseLogLine(line).atMs : null
}

/** Whether a line begins a record; frames and messages that run on do not. */
export function startsRecord(line: string): boolean {
  if (line.startsWith('{') || ISO_HEAD.test(line)) return true
  return line !== '' && !/^\s|^Caused by: |^Traceback /.test(line) && beginsRecord(line)
}
