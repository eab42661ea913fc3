import { createHash } from 'node:crypto'
import type { FixCandidate, Location, RegressionTest } from '../contracts.ts'

const MAX_SUBJECT = 72

/** `ccp/<incident>-<strategy>-<hash>`: another fix or another base of the same incident gets another branch. */
export function branchName(incidentId: string, candidate: FixCandidate, baseCommit: string): string {
  const hash = createHash('sha256')
    .update(`${candidate.candidateId}\n${baseCommit}`)
    .digest('hex')
    .slice(0, 8)
  return `ccp/${slug(incidentId)}-${candidate.strategy}-${hash}`
}

/** Letters, digits and hyphens of a text, fit for a branch or a file name. */
export function slug(text: string): string {
  return (
    text
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'incident'
  )
}

/** Subject, why, where, and how it is known; one paragraph each. */
export function commitMessage(candidate: FixCandidate, location: Location, test: RegressionTest): string {
  const { file, line, symbol, suspectCommit } = location
  const within = symbol === null || location.config !== undefined ? '' : ` in ${symbol}`
  const paragraphs = [
    clipped(candidate.title, MAX_SUBJECT),
    candidate.rationale,
    `${clipped(whatIsWrong(location), 300)}\nat ${file}:${line}${within}.`,
    surfacedText(location),
    suspectCommit === null
      ? null
      : `It came with ${suspectCommit.commit.slice(0, 12)} "${clipped(suspectCommit.subject, 100)}".`,
    test.kind === 'generated' ? `${test.path} ${test.describes}.` : `No regression test: ${test.reason}.`,
    candidate.drawbacks.length === 0 ? null : `Mind: ${candidate.drawbacks.join('; ')}.`,
    `Incident: ${location.incidentId}\nService: ${location.service}\nFix: ${candidate.candidateId}`,
  ]
  return `${paragraphs.filter((paragraph) => paragraph !== null).join('\n\n')}\n`
}

/** Where a wrong setting made itself felt in the code. */
function surfacedText({ config, exception }: Location): string | null {
  const surfaced = config?.surfaced ?? null
  if (surfaced === null || exception === null) return null
  const { type, message } = exception
  return `It surfaced as ${clipped(`${type}: ${message}`, 200)}\nat ${surfaced.file}:${surfaced.line} of the code.`
}

/** The exception whose trace names the line, or what is measured where none does. */
function whatIsWrong({ exception, fault, config }: Location): string {
  if (config !== undefined) return config.change
  return exception === null
    ? (fault?.because ?? 'found in the release')
    : `${exception.type}: ${exception.message}`
}

/** One line, its end cut off where it is too long. */
function clipped(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 3)}...` : line
}
