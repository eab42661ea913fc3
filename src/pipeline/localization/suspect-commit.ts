import { takenBack } from '../signals/taken-back.ts'
import type { CommitSummary } from '../contracts.ts'
import type { TouchingCommit } from './ports.ts'

export interface SuspectQuery {
  /** Commits of the release that touched files of the trace, newest first. */
  readonly candidates: readonly TouchingCommit[]
  /** Whether `candidates` are of a known release, or merely the latest. */
  readonly isRelease: boolean
  /** Files of the trace, the one at fault first, the others innermost first. */
  readonly frames: readonly {
    readonly path: string
    readonly symbol: string | null
    readonly line: number
    /** Who last changed the frame's line. */
    readonly blame: CommitSummary | null
    /** Commits that changed lines of the frame's function. */
    readonly commits: ReadonlySet<string>
  }[]
}

export type Suspect = CommitSummary & { readonly because: string }

/** Weights of what a commit did; a ranking, not probabilities. Set by reasoning, see the tests for the order they imply. */
const BLAMED_LINE = 100
const SAME_FUNCTION = 60
const CALLERS_LINE = 50
const CALLERS_FUNCTION = 40
const SAME_FILE = 20
const OTHER_FILE = 8
const PER_FRAME = 5
const HOUSEKEEPING = -15

const HOUSEKEEPING_SUBJECT =
  /^(?:(?:chore|docs?|style|ci|build|test|tests)\b|(?:format|reformat|lint|typo|bump|whitespace)\b)/i

/**
 * The commit held responsible: of those that touched the trace's files in the release the one that came nearest to the marked
 * line; of equals the newest. A commit that the same release took back again, and the one that did so, are passed over. Where
 * no commit of the release touched the files, the one that last changed the marked line, which says so.
 */
export function suspectCommit(query: SuspectQuery): Suspect | null {
  const { undone, undoing } = takenBack(query.candidates)
  const isGone = ({ commit }: TouchingCommit): boolean => undone.has(commit) || undoing.has(commit)
  const standing = query.candidates.filter((commit) => !isGone(commit))
  const scored = standing
    .map((commit, age) => ({ commit, age, ...score(commit, query) }))
    .filter((each) => each.reasons.length > 0)
    .toSorted((a, b) => b.points - a.points || a.age - b.age)
  const best = scored[0]
  if (best === undefined) return fromBlame(query)
  return { ...summaryOf(best.commit), because: sentence(best.reasons, best.commit, query.isRelease) }
}

function score(commit: TouchingCommit, query: SuspectQuery): { points: number; reasons: readonly string[] } {
  const reasons: { readonly points: number; readonly text: string }[] = []
  query.frames.forEach((frame, at) => {
    if (frame.blame?.commit === commit.commit)
      reasons.push({
        points: at === 0 ? BLAMED_LINE : CALLERS_LINE - PER_FRAME * at,
        text: lineText(frame, at),
      })
    if (frame.commits.has(commit.commit))
      reasons.push({
        points: at === 0 ? SAME_FUNCTION : Math.max(10, CALLERS_FUNCTION - PER_FRAME * at),
        text: functionText(frame, at),
      })
    else if (commit.files.includes(frame.path))
      reasons.push({
        points: at === 0 ? SAME_FILE : Math.max(1, OTHER_FILE - at),
        text: `changed ${frame.path}`,
      })
  })
  const strongest = reasons.toSorted((a, b) => b.points - a.points)
  const penalty = HOUSEKEEPING_SUBJECT.test(commit.subject) ? HOUSEKEEPING : 0
  // The sum of all weak signs must not outweigh a strong one: only the strongest counts in full.
  const points = strongest.reduce((sum, each, at) => sum + each.points / 10 ** at, penalty)
  return { points, reasons: [...new Set(strongest.map((each) => each.text))].slice(0, 2) }
}

function lineText({ path, line }: { readonly path: string; readonly line: number }, at: number): string {
  return at === 0 ? 'last changed the marked line' : `last changed ${path}:${line}, which leads to the fault`
}

function functionText(frame: { readonly symbol: string | null; readonly path: string }, at: number): string {
  const name = frame.symbol === null ? `the lines around it in ${frame.path}` : frame.symbol
  return at === 0 ? `changed ${name}, where the fault is` : `changed ${name}, which leads to the fault`
}

function sentence(reasons: readonly string[], commit: TouchingCommit, isRelease: boolean): string {
  const [reverted] = commit.reverts
  const takesBack = reverted === undefined ? '' : `; it takes back ${reverted.slice(0, 12)}`
  const range = isRelease ? 'in this release' : 'among the latest commits (the release is not known)'
  return `it ${reasons.join(' and ')}, ${range}${takesBack}`
}

function fromBlame(query: SuspectQuery): Suspect | null {
  const blame = query.frames[0]?.blame ?? null
  if (blame === null) return null
  const where = query.isRelease ? 'no standing commit of this release touched the files of the trace; ' : ''
  return { ...blame, because: `${where}it last changed the marked line` }
}

function summaryOf(commit: CommitSummary): CommitSummary {
  return { commit: commit.commit, author: commit.author, atMs: commit.atMs, subject: commit.subject }
}
