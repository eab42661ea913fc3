/** One line of the Prometheus text format (version 0.0.4; what OpenMetrics adds is read over). */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  /** Lines that could not be read; the others count all the same. */
  readonly badLines: number
  /** True where there was more than `maxSamples`. */
  readonly cut: boolean
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,?)/y
const VALUE = /\s+([+-]?(?:Inf|inf|[\d.]+(?:[eE][+-]?\d+)?)|NaN|nan)(?=\s|$)/y

/** Reads a page of metrics. Never throws: a line that is none is counted, so that one bad metric does not hide the rest. */
export function parseExposition(text: string, maxSamples = 50_000): Exposition {
  const samples: Sample[] = []
  let badLines = 0
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    if (samples.length >= maxSamples) return { samples, badLines, cut: true }
    const sample = parseLine(trimmed)
    if (sample === null) badLines += 1
    else samples.push(sample)
  }
  return { samples, badLines, cut: false }
}

function parseLine(line: string): Sample | null {
  const name = matchAt(NAME, line, 0)
  if (name === null) return null
  const labelled = parseLabels(line, name.end)
  if (labelled === null) return null
  const value = matchAt(VALUE, line, labelled.end)
  if (value === null) return null
  const number = toNumber(value.groups[1] ?? '')
  return number === null ? null : { name: name.groups[0] ?? '', labels: labelled.labels, value: number }
}

function parseLabels(line: string, from: number): { labels: Record<string, string>; end: number } | null {
  const labels: Record<string, string> = {}
  const opening = matchAt(/\s*\{/y, line, from)
  if (opening === null) return { labels, end: from }
  let at = opening.end
  for (;;) {
    const closing = /\s*\}/y
    const end = matchAt(closing, line, at)
    if (end !== null) return { labels, end: end.end }
    const label = matchAt(LABEL, line, at)
    if (label === null) return null
    labels[label.groups[1] ?? ''] = unescaped(label.groups[2] ?? '')
    at = label.end
    if (label.groups[3] !== ',' && matchAt(closing, line, at) === null) return null
  }
}

function matchAt(
  pattern: RegExp,
  line: string,
  at: number,
): { groups: readonly (string | undefined)[]; end: number } | null {
  pattern.lastIndex = at
  const match = pattern.exec(line)
  return match === null ? null : { groups: match, end: pattern.lastIndex }
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}

function toNumber(text: string): number | null {
  if (/^[+-]?inf$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  const number = Number(text)
  return Number.isNaN(number) ? null : number
}
