import { recordTimeMs, startsRecord } from './record-time.ts'

export interface DatedRecord {
  readonly atMs: number
  /** Its lines, joined by `\n`. */
  readonly text: string
}

/** Lines of a record beyond this are dropped: nobody reads them, and they would fill the memory. */
const MOST_LINES_OF_RECORD = 500

/**
 * The records of a stretch of a log, whose lines carry their own times. A record without one has that of the record before it;
 * what comes before the first dated one has that one's; where there is none at all, `otherwiseMs`.
 */
export function datedRecords(lines: readonly string[], otherwiseMs: number): readonly DatedRecord[] {
  const records: { readonly lines: string[]; readonly timeMs: number | null }[] = []
  for (const line of lines) {
    const open = records.at(-1)
    if (open === undefined || startsRecord(line) || (open.timeMs === null && line.trim() !== ''))
      records.push({ lines: [line], timeMs: recordTimeMs(line) ?? open?.timeMs ?? null })
    else if (open.lines.length < MOST_LINES_OF_RECORD) open.lines.push(line)
  }
  const firstMs = records.find(({ timeMs }) => timeMs !== null)?.timeMs ?? otherwiseMs
  return records.map(({ lines: own, timeMs }) => ({
    atMs: timeMs ?? firstMs,
    text: own.join('\n').trimEnd(),
  }))
}
