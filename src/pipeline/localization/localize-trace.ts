import { chooseFrame } from './choose-frame.ts'
import { locateFrames } from './locate-frames.ts'
import { LOCALIZATION_SETTINGS } from './settings.ts'
import { snippetAt } from './snippet.ts'
import { suspectCommit } from './suspect-commit.ts'
import { upstreamFailure } from '../signals/upstream-failure.ts'
import type { CommitSummary, Diagnosis, Location, StageOutcome } from '../contracts.ts'
import type { StackTrace } from '../signals/stack-trace.ts'
import type { ChosenFrame } from './choose-frame.ts'
import type { FrameInRepository, FramePlace } from './locate-frames.ts'
import type { LocalizeDeps } from './localize.ts'
import type { LineRange, TouchingCommit } from './ports.ts'
import type { LocalizationSettings } from './settings.ts'
import type { Suspect } from './suspect-commit.ts'

interface History {
  readonly commits: readonly TouchingCommit[]
  readonly isRelease: boolean
  readonly doubts: readonly string[]
}

/** All that a location is made of. */
interface Found {
  readonly diagnosis: Diagnosis
  readonly deps: LocalizeDeps
  readonly settings: LocalizationSettings
  readonly frames: readonly FrameInRepository[]
  readonly chosen: ChosenFrame
  readonly blame: CommitSummary | null
  readonly suspect: Suspect | null
  readonly history: History
}

const LINES_AROUND = 3

/**
 * From the frames of an exception to a file, line and symbol of the repository, with the commit to suspect. Gives up, with the
 * reason, where none of the frames is of this repository.
 */
export async function localizeTrace(
  diagnosis: Diagnosis,
  trace: StackTrace,
  deps: LocalizeDeps,
): Promise<StageOutcome<Location>> {
  const settings = deps.settings ?? LOCALIZATION_SETTINGS
  const frames = await locateFrames({
    trace,
    repository: deps.repository,
    commit: deps.deployedCommit,
    codeRoots: deps.service.codeRoots,
    maxFrames: settings.maxFrames,
  })
  const history = await readHistory(frames, deps, settings)
  const chosen = chooseFrame(frames, history.isRelease ? filesOf(history.commits) : null)
  if (chosen === null) return gaveUp(noFrameReason(trace, frames, deps))
  const { blame, suspect } = await findSuspect(chosen, frames, history, deps)
  const found = { diagnosis, deps, settings, frames, chosen, blame, suspect, history }
  const innocent = whyInnocent(found)
  return { kind: 'done', value: toLocation(innocent === null ? found : withoutSuspect(found, innocent)) }
}

/** Why no commit of this service is to be suspected, though some have touched the line. */
function whyInnocent(found: Found): string | null {
  if (!isOwnFault(found)) return 'no commit is suspected: what failed is what this line calls'
  return isUnchanged(found.diagnosis)
    ? 'no change of this service is blamed: the fault may be as old as the line, and what reaches it new'
    : null
}

/** The cause is known, and no change is blamed for it, though every source of changes answered. */
function isUnchanged({ hypotheses, missing }: Diagnosis): boolean {
  return hypotheses[0]?.change === null && !missing.some((text) => text.startsWith('changes: '))
}

/** A line that calls somebody who failed is to blame only where this release has touched it: it may be years old. */
function isOwnFault({ chosen, history }: Pick<Found, 'chosen' | 'history'>): boolean {
  return upstreamFailure(chosen.trace) === null || (history.isRelease && history.commits.length > 0)
}

function withoutSuspect(found: Found, doubt: string): Found {
  return { ...found, suspect: null, history: { ...found.history, doubts: [doubt] } }
}

function gaveUp(reason: string): StageOutcome<Location> {
  return { kind: 'gaveUp', reason }
}

function noFrameReason(trace: StackTrace, frames: readonly FrameInRepository[], deps: LocalizeDeps): string {
  const shown = [...new Set(frames.map((each) => each.frame.file))].slice(0, 3).join(', ')
  const where = `${deps.repository.directory} at ${deps.deployedCommit.slice(0, 12)}`
  return `none of the ${frames.length} frames of ${trace.type} lies in ${where} (${shown || 'the trace has no frames'})`
}

/** The release's commits to files of the trace; where the release is not known or did not touch them, the latest ones. */
async function readHistory(
  frames: readonly FrameInRepository[],
  deps: LocalizeDeps,
  settings: LocalizationSettings,
): Promise<History> {
  const paths = [...new Set(frames.flatMap((each) => (each.place === null ? [] : [each.place.path])))]
  if (paths.length === 0) return { commits: [], isRelease: false, doubts: [] }
  const query = { until: deps.deployedCommit, paths, limit: settings.maxCommits }
  if (deps.previousCommit === null) {
    const commits = await deps.repository.commitsTouching({ ...query, since: null })
    return { commits, isRelease: false, doubts: ['which commit was in production before is not known'] }
  }
  const commits = await deps.repository.commitsTouching({ ...query, since: deps.previousCommit })
  const doubt =
    'no commit of this release touched a file of the trace: the fault may be older, or lie in data or configuration'
  return { commits, isRelease: true, doubts: commits.length === 0 ? [doubt] : [] }
}

function filesOf(commits: readonly TouchingCommit[]): ReadonlySet<string> {
  return new Set(commits.flatMap((commit) => commit.files))
}

async function findSuspect(
  chosen: ChosenFrame,
  frames: readonly FrameInRepository[],
  history: History,
  deps: LocalizeDeps,
): Promise<{ blame: CommitSummary | null; suspect: Suspect | null }> {
  const others = frames.flatMap(({ place }) => (place === null || place === chosen.place ? [] : [place]))
  const { maxFramesWithHistory } = deps.settings ?? LOCALIZATION_SETTINGS
  const places = [chosen.place, ...others].slice(0, maxFramesWithHistory)
  const since = deps.previousCommit ?? history.commits.at(-1)?.commit
  const [blames, commits] = await Promise.all([
    Promise.all(places.map((place, at) => blameOf(place, at === 0 ? undefined : since, deps))),
    Promise.all(places.map((place) => commitsOfFunction(place, history, deps))),
  ])
  const suspect = suspectCommit({
    candidates: history.commits,
    isRelease: history.isRelease,
    frames: places.map((place, at) => ({
      path: place.path,
      line: place.line,
      blame: blames[at] ?? null,
      symbol: place.definition?.qualifiedName ?? null,
      commits: commits[at] ?? new Set<string>(),
    })),
  })
  return { blame: blames[0] ?? null, suspect }
}

/** Who changed the marked line is told however old it is; of its callers only what is new can be at fault. */
function blameOf(
  { path, line, fit }: FramePlace,
  since: string | undefined,
  { repository, deployedCommit }: LocalizeDeps,
): Promise<CommitSummary | null> | null {
  return fit === 'lost' ? null : repository.blame(deployedCommit, path, line, since)
}

async function commitsOfFunction(
  place: FramePlace,
  history: History,
  deps: LocalizeDeps,
): Promise<ReadonlySet<string>> {
  // Nothing to tell apart: the history of lines costs more than that of files.
  const since = deps.previousCommit ?? history.commits.at(-1)?.commit
  if (history.commits.length === 0 || since === undefined || place.fit === 'lost') return new Set()
  const touching = await deps.repository.commitsTouchingLines({
    until: deps.deployedCommit,
    since,
    path: place.path,
    lines: linesOf(place),
    limit: history.commits.length,
  })
  return new Set(touching.map((commit) => commit.commit))
}

function linesOf(place: FramePlace): LineRange {
  const { definition, line, lines } = place
  if (definition !== null && definition.kind === 'function')
    return { from: definition.from, to: definition.to }
  return { from: Math.max(1, line - LINES_AROUND), to: Math.min(lines.length, line + LINES_AROUND) }
}

function toLocation(found: Found): Location {
  const { diagnosis, deps, chosen, frames } = found
  const { place, trace } = chosen
  return {
    incidentId: diagnosis.incidentId,
    service: deps.service.name,
    repository: deps.repository.directory,
    baseCommit: deps.deployedCommit,
    language: place.language,
    file: place.path,
    line: place.line,
    symbol: place.definition?.qualifiedName ?? null,
    snippet: snippetAt(place.lines, place.line, found.settings.snippetRadius),
    exception: { type: trace.type, message: trace.message },
    ...(diagnosis.fault === undefined ? {} : { fault: diagnosis.fault }),
    frames: frames.map(({ frame, place: at }) => ({ frame, file: at?.path ?? null })),
    blame: found.blame,
    suspectCommit: found.suspect,
    failingInput: diagnosis.failingInput,
    doubts: [...place.doubts, ...chosen.doubts, ...found.history.doubts],
  }
}
