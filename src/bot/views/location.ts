import type { CommitSummary, Fault, Location, Snippet } from '../../pipeline/contracts.ts'
import { context, section } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { code, codeBlock, line, whenDay } from './text.ts'

/** The line of code at fault, with the lines around it and who last changed it. */
export function locationMessage(location: Location): DesiredMessage {
  const { doubts } = location
  const at = `${location.file}:${location.line}`
  const symbol = location.symbol === null ? '' : ` in ${code(location.symbol)}`
  const isOfConfig = location.config !== undefined
  return desiredMessage({
    key: 'location',
    summary: `${heading(location)} ${line(at)}`,
    blocks: [
      section(
        `*${heading(location)}* ${code(at)}${symbol} of ${isOfConfig ? 'the configuration of ' : ''}${code(location.service)}\n${whatIsWrong(location)}`,
      ),
      section(codeBlock(snippetLines(location.snippet))),
      ...history(location),
      ...context(
        `${isOfConfig ? 'Configuration' : 'Code'} as in production, commit ${code(location.baseCommit.slice(0, 10))}`,
        ...doubts.map((doubt) => `⚠️ ${line(doubt)}`),
      ),
    ],
  })
}

/** Without a trace that names it, the line is the likeliest, no more. */
function heading({ exception }: Location): string {
  return exception === null ? 'Fault probably at' : 'Fault at'
}

const FAULT: Readonly<Record<Fault['kind'], string>> = {
  exception: 'An exception',
  errors: 'Requests fail without an exception',
  'slow-answers': 'Slow answers',
  exhaustion: 'A resource runs out',
}

function whatIsWrong({ exception, fault, config }: Location): string {
  if (config !== undefined) return `${line(config.change)}${surfacedText(config.surfaced)}`
  if (exception !== null) return `${code(exception.type)} ${line(exception.message, 500)}`
  return fault === undefined ? 'Found in the release.' : `${FAULT[fault.kind]}: ${line(fault.because, 500)}`
}

/** Where the code felt a wrong setting: the place that a trace alone would have blamed. */
function surfacedText(surfaced: Location | null): string {
  if (surfaced === null) return ''
  const { exception, file, line: number, symbol } = surfaced
  const where = `${code(`${file}:${number}`)}${symbol === null ? '' : ` in ${code(symbol)}`}`
  const what = exception === null ? '' : ` as ${code(exception.type)} ${line(exception.message, 300)}`
  return `\nIt surfaces${what} at ${where}, which did not change`
}

function snippetLines({ firstLine, lines, markedLine }: Snippet): readonly string[] {
  const width = String(firstLine + lines.length).length
  const numbered = lines.map((text, index) => {
    const number = firstLine + index
    const mark = number === markedLine ? '→' : ' '
    return `${mark} ${String(number).padStart(width)} | ${text}`
  })
  const marked = markedLine - firstLine
  return numbered.length <= 25 ? numbered : numbered.slice(Math.max(0, marked - 12), marked + 13)
}

function history({ blame, suspectCommit }: Location) {
  const texts = [
    suspectCommit === null
      ? ''
      : `*Suspect commit* ${commitText(suspectCommit)}\nWhy: ${line(suspectCommit.because, 500)}`,
    blame === null || blame.commit === suspectCommit?.commit ? '' : `*Last touched by* ${commitText(blame)}`,
  ].filter((text) => text !== '')
  return texts.length === 0 ? [] : [section(texts.join('\n'))]
}

function commitText({ commit, author, atMs, subject }: CommitSummary): string {
  return `${code(commit.slice(0, 10))} ${line(subject, 200)} (${line(author, 80)}, ${whenDay(atMs)})`
}
