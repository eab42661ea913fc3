import type { Actor } from '../../pipeline/contracts.ts'

/** The three characters that mean something to Slack's mrkdwn wherever they stand. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
// Control characters other than tab and newline make Slack refuse a message or show boxes.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text of foreign origin made safe for mrkdwn: no mentions, links or broadcasts can come out of it. */
export function escapeText(text: string): string {
  return text
    .replace(CONTROL, '')
    .toWellFormed()
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)
}

/** One line of escaped text, at most `max` characters. */
export function line(text: string, max = 300): string {
  return clip(escapeText(text.replace(/\s+/g, ' ').trim()), max)
}

/** Cuts escaped text to `max` characters with an ellipsis, never inside an entity or a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const cut = text.slice(0, Math.max(0, max - 1)).replace(/&[a-z]{0,3}$/, '')
  return `${cut.toWellFormed().replace(/\ufffd$/, '')}…`
}

/** Plain text (for `plain_text` objects, which are not escaped and know no markup) on one line, at most `max` characters. */
export function plain(text: string, max: number): string {
  const one = text.replace(CONTROL, '').replaceAll('`', '').toWellFormed().replace(/\s+/g, ' ').trim()
  if (one.length <= max) return one
  return `${one
    .slice(0, max - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`
}

/** Inline code; backticks inside it would end it. */
export function code(text: string, max = 200): string {
  const inner = line(text, max).replaceAll('`', 'ˋ')
  return inner === '' ? '' : `\`${inner}\``
}

/** Head and tail of the lines within `max` characters once escaped; the middle is counted, not shown. */
export function headAndTail(lines: readonly string[], max: number): string {
  const safe = lines.map((each) => clip(escapeText(each).replaceAll('```', 'ˋˋˋ'), Math.min(400, max)))
  const whole = safe.join('\n')
  if (whole.length <= max) return whole
  const room = max - 40
  const head = takeWhileFits(safe, Math.ceil(room * 0.65))
  const tail = takeWhileFits(safe.slice(head.length).toReversed(), Math.floor(room * 0.35)).toReversed()
  const left = safe.length - head.length - tail.length
  return clip([...head, `… ${count(left)} lines not shown …`, ...tail].join('\n'), max)
}

function takeWhileFits(lines: readonly string[], max: number): readonly string[] {
  let used = 0
  const end = lines.findIndex((each) => (used += each.length + 1) > max)
  return end === -1 ? lines : lines.slice(0, end)
}

/** A code block of these lines, at most `max` characters in all. */
export function codeBlock(lines: readonly string[], max = 2_900): string {
  return `\`\`\`\n${headAndTail(lines, max - 8)}\n\`\`\``
}

/** "4.2 %", with two significant digits where it is small; "–" for what was not measured. */
export function percent(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return '–'
  const value = ratio * 100
  const digits = value === 0 || Math.abs(value) >= 10 ? 0 : Math.abs(value) >= 1 ? 1 : 2
  return `${value.toFixed(value % 1 === 0 ? 0 : digits)} %`
}

/** A confidence; never as certainty, which no calibration can show. */
export function confidencePercent(confidence: number): string {
  if (confidence > 0.99) return 'over 99 %'
  return confidence < 0.01 ? 'under 1 %' : percent(confidence)
}

/** The first letter as a capital, where a text begins a line. */
export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A difference of two ratios in percentage points, signed. */
export function points(difference: number): string {
  const value = difference * 100
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±'
  return `${sign}${Math.abs(value).toFixed(Math.abs(value) >= 10 ? 1 : 2)}`
}

/** "1,240". */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** "820 ms", "2.4 s", "3 min 10 s", "2 h 5 min". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/** "p = 0.031", "p < 0.0001", to be escaped for mrkdwn; a dash where there is none. */
export function pValue(p: number | null): string {
  if (p === null || !Number.isFinite(p)) return '–'
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(p < 0.01 ? 4 : p < 0.1 ? 3 : 2)}`
}

/** A moment in the reader's own time zone; UTC where Slack cannot format it. */
export function when(atMs: number): string {
  const iso = new Date(atMs).toISOString()
  return `<!date^${Math.floor(atMs / 1000)}^{time_secs}|${iso.slice(11, 19)} UTC>`
}

/** The same with the day, for what may be older than today. */
export function whenDay(atMs: number): string {
  const iso = new Date(atMs).toISOString()
  return `<!date^${Math.floor(atMs / 1000)}^{date_short_pretty} {time_secs}|${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC>`
}

/** Escaped text that ends as a sentence does. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

/** Who did it, as a mention that Slack resolves to a name. */
export function who(actor: Actor): string {
  return actor.kind === 'person' ? `<@${actor.userId}>` : 'CCP'
}

export function shortHash(hash: string): string {
  return hash.slice(0, 12)
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

/** "1 request", "2 requests". */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`
}
