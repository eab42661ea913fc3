import { groupLogLines } from '../../signals/log-lines.ts'
import { logSite, type LogSite } from '../../signals/log-site.ts'
import type { StackTrace } from '../../signals/stack-trace.ts'
import type { LogLine, Span } from '../../signals/telemetry.ts'
import { describeTrace } from '../culprit-trace.ts'
import { quantile } from '../quantile.ts'

/** A place in a service's code to which the incident points, and how strongly: 1 for the line that throws. */
export interface CodePlace {
  /** As the running program knows it; null where only the function is known. */
  readonly file: string | null
  /** Any of these names is the function; empty where it is not known. */
  readonly symbols: readonly string[]
  readonly strength: number
  /** "where KeyError is thrown": what the incident shows there. */
  readonly shows: string
}

/** Application frames looked at: the throwing one and those that led to it. */
const FRAMES = 6
const AT_LOG_SITE = 0.5
const IN_SPAN = 0.4
/** Newest error lines that are read. */
const MOST_LINES = 400
/** Operations slower than usual by this factor and this much are slow. */
const SLOWER = 3
const SLOWER_MS = 5
const MIN_SPANS = 3

const IDENTIFIER = /[\p{L}_$][\p{L}\d_$]*/gu

/** The frames of an exception, the throwing one first. */
export function framePlaces(trace: StackTrace): readonly CodePlace[] {
  return trace.frames
    .filter(({ application }) => application)
    .slice(0, FRAMES)
    .map(({ file, symbol }, depth) => ({
      file,
      symbols: symbol?.match(IDENTIFIER) ?? [],
      strength: 1 / (1 + depth),
      shows: `${depth === 0 ? 'where' : 'on the way to where'} ${describeTrace(trace)} is thrown`,
    }))
}

const ERROR_LINE = /\b(?:error|fatal|critical|severe|panic)\b/i

/** Where a service logs errors since `onset` and logged none before. */
export function logPlaces(lines: readonly LogLine[], service: string, onset: number): readonly CodePlace[] {
  const before = new Set<string>()
  const during = new Map<string, LogSite>()
  for (const { t, line } of newestErrors(lines, service)) {
    const site = siteOf(line)
    if (site === null) continue
    const key = `${site.file}\n${site.symbol ?? ''}`
    if (t < onset) before.add(key)
    else during.set(key, site)
  }
  return [...during]
    .filter(([key]) => !before.has(key))
    .map(([, { file, symbol }]) => ({
      file,
      symbols: symbol === null ? [] : [symbol],
      strength: AT_LOG_SITE,
      shows: 'which logs errors that it did not log before',
    }))
}

function newestErrors(lines: readonly LogLine[], service: string): readonly LogLine[] {
  const found: LogLine[] = []
  for (let at = lines.length - 1; at >= 0 && found.length < MOST_LINES; at -= 1) {
    const line = lines[at]
    if (line?.service === service && ERROR_LINE.test(line.line.slice(0, 1_000))) found.push(line)
  }
  return found
}

function siteOf(line: string): LogSite | null {
  const [record] = groupLogLines([line])
  return record?.level === 'error' || record?.level === 'fatal' ? logSite(record) : null
}

/** In every operation's name, or in every service: they name no function. */
const COMMON = new Set([
  'http',
  'https',
  'post',
  'patch',
  'delete',
  'head',
  'options',
  'request',
  'handle',
  'main',
  'index',
  'server',
  'client',
  'service',
  'query',
  'select',
  'insert',
  'update',
])

/** The operations of a service that fail since `onset` and did not before, or that take much longer. */
export function spanPlaces(spans: readonly Span[], service: string, onset: number): readonly CodePlace[] {
  const operations = Map.groupBy(
    spans.filter((span) => span.service === service),
    ({ operation }) => operation,
  )
  return [...operations].flatMap(([operation, own]) => {
    const shows = whatIsWrong(own, onset)
    const symbols = (operation.match(IDENTIFIER) ?? []).filter(
      (name) => name.length > 3 && !COMMON.has(name.toLowerCase()),
    )
    return shows === null || symbols.length === 0
      ? []
      : [{ file: null, symbols, strength: IN_SPAN, shows: `and "${operation}" ${shows}` }]
  })
}

function whatIsWrong(spans: readonly Span[], onset: number): string | null {
  const [before, during] = [spans.filter(({ t }) => t < onset), spans.filter(({ t }) => t >= onset)]
  const fails = (side: readonly Span[]): boolean => side.some(({ error }) => error === true)
  if (fails(during) && !fails(before)) return 'fails since then'
  if (before.length < MIN_SPANS || during.length < MIN_SPANS) return null
  const [usual, now] = [medianMs(before), medianMs(during)]
  return now > SLOWER * usual && now - usual > SLOWER_MS ? 'takes much longer since then' : null
}

function medianMs(spans: readonly Span[]): number {
  return quantile(Float64Array.from(spans, ({ durationMs }) => durationMs).sort(), 0.5)
}
