import { languageOfFile } from '../signals/parse-source.ts'
import { definitionsAround } from './definitions.ts'
import { findSigns } from './fault-signs/find-signs.ts'
import { isTestPath } from './locate-frames.ts'
import { LOCALIZATION_SETTINGS } from './settings.ts'
import { snippetAt } from './snippet.ts'
import { openReader } from './source-reader.ts'
import { suspectCommit } from './suspect-commit.ts'
import type { CommitSummary, Diagnosis, Fault, Location, StageOutcome } from '../contracts.ts'
import type { Definition } from './definitions.ts'
import type { LocalizeDeps } from './localize.ts'
import type { ChangedLines, LineRange } from './ports.ts'
import type { Source } from './source-reader.ts'
import type { Suspect } from './suspect-commit.ts'

interface ChangedSource extends ChangedLines {
  readonly source: Source
}

/** A line of the release that may be at fault, and why. */
interface ChangedPlace {
  readonly file: ChangedSource
  readonly line: number
  readonly definition: Definition | null
  /** The sign found there; null where nothing stands out. */
  readonly text: string | null
  readonly points: number
}

/** Less than any sign on a changed line: the function was changed, the suspicious line in it was not. */
const UNCHANGED_LINE = 0.25

/**
 * Where no trace names the line: the release that is blamed, searched for what brings about this kind of fault. Of equals the
 * place in the file with more new lines comes first. Where nothing stands out the first line of the largest change is marked,
 * which `doubts` say. Gives up where what the release changed is not known, or is no code.
 */
export async function localizeChange(
  diagnosis: Diagnosis,
  fault: Fault,
  deps: LocalizeDeps,
): Promise<StageOutcome<Location>> {
  const { name } = deps.service
  const since = deps.previousCommit
  if (since === null || since === deps.deployedCommit)
    return gaveUp(
      `no stack trace names the line at fault, and what a release changed in ${name} is not known, so its code cannot be searched`,
    )
  const changed = await readChanged(since, deps)
  const places = changed.flatMap((file) => placesIn(file, fault)).toSorted((a, b) => b.points - a.points)
  const place = places[0] ?? largestChange(changed)
  if (place === null)
    return gaveUp(
      `no stack trace names the line at fault, and the release of ${name} changed no code (${since.slice(0, 12)} to ${deps.deployedCommit.slice(0, 12)})`,
    )
  const { blame, suspect } = await findSuspect(place, since, deps)
  return {
    kind: 'done',
    value: {
      ...placeOf(place, deps),
      incidentId: diagnosis.incidentId,
      exception: null,
      fault,
      frames: [],
      blame,
      suspectCommit: suspect,
      failingInput: null,
      doubts: [...doubtsOf(place, places, changed), ...victim(diagnosis, fault)],
    },
  }
}

function gaveUp(reason: string): StageOutcome<Location> {
  return { kind: 'gaveUp', reason }
}

/** The release's code, tests left out, the files with most new lines first. */
async function readChanged(since: string, deps: LocalizeDeps): Promise<readonly ChangedSource[]> {
  const { maxChangedFiles } = deps.settings ?? LOCALIZATION_SETTINGS
  const changed = (await deps.repository.linesChanged(since, deps.deployedCommit))
    .filter(({ path }) => languageOfFile(path) !== null && !isTestPath(path))
    .toSorted((a, b) => count(b.lines) - count(a.lines) || a.path.localeCompare(b.path))
    .slice(0, maxChangedFiles)
  const reader = await openReader(
    deps.repository,
    deps.deployedCommit,
    deps.service.codeRoots,
    languageOfFile(changed[0]?.path ?? '') ?? 'python',
  )
  const read = await Promise.all(
    changed.map(async (file) => ({
      ...file,
      source: await reader.source(file.path, languageOfFile(file.path) ?? 'python'),
    })),
  )
  return read.flatMap(({ source, ...file }) => (source === null ? [] : [{ ...file, source }]))
}

function count(lines: readonly LineRange[]): number {
  return lines.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}

/** The signs on new lines, and with a quarter of the weight those on old lines of functions that have new ones. */
function placesIn(file: ChangedSource, fault: Fault): readonly ChangedPlace[] {
  const { path, source } = file
  return findSigns(fault.kind, { language: source.language, text: source.text, path }).flatMap((sign) => {
    const definition = functionAround(source, sign.from)
    const isNew = touches(file.lines, sign)
    if (!isNew && (definition === null || !touches(file.lines, definition))) return []
    const points = isNew ? sign.strength : sign.strength * UNCHANGED_LINE
    return [{ file, line: sign.from, definition, text: sign.text, points }]
  })
}

function touches(lines: readonly LineRange[], range: LineRange): boolean {
  return lines.some(({ from, to }) => from <= range.to && to >= range.from)
}

function functionAround({ definitions }: Source, line: number): Definition | null {
  const around = definitionsAround(definitions, line)
  return around.find(({ kind }) => kind === 'function') ?? around[0] ?? null
}

/** The first line of the longest stretch of new lines, blank lines skipped. */
function largestChange(changed: readonly ChangedSource[]): ChangedPlace | null {
  const stretches = changed.flatMap((file) => file.lines.map((range) => ({ file, range })))
  const [largest] = stretches.toSorted((a, b) => b.range.to - b.range.from - (a.range.to - a.range.from))
  if (largest === undefined) return null
  const { file, range } = largest
  const written = file.source.lines.slice(range.from - 1, range.to).findIndex((line) => line.trim() !== '')
  const line = range.from + Math.max(0, written)
  return { file, line, definition: functionAround(file.source, line), text: null, points: 0 }
}

/** The commit of the release that brought the line; who last touched it beside that. */
async function findSuspect(
  { file, line, definition }: ChangedPlace,
  since: string,
  deps: LocalizeDeps,
): Promise<{ blame: CommitSummary | null; suspect: Suspect | null }> {
  const { repository, deployedCommit: until } = deps
  const { maxCommits: limit } = deps.settings ?? LOCALIZATION_SETTINGS
  const lines = definition === null ? { from: line, to: line } : { from: definition.from, to: definition.to }
  const [blame, candidates, ofFunction] = await Promise.all([
    repository.blame(until, file.path, line),
    repository.commitsTouching({ until, since, paths: [file.path], limit }),
    repository.commitsTouchingLines({ until, since, path: file.path, lines, limit }),
  ])
  const commits = new Set(ofFunction.map(({ commit }) => commit))
  const frame = { path: file.path, line, symbol: definition?.qualifiedName ?? null, blame, commits }
  return { blame, suspect: suspectCommit({ candidates, isRelease: true, frames: [frame] }) }
}

function placeOf(
  { file, line, definition }: ChangedPlace,
  deps: LocalizeDeps,
): Pick<
  Location,
  'service' | 'repository' | 'baseCommit' | 'language' | 'file' | 'line' | 'symbol' | 'snippet'
> {
  const { snippetRadius } = deps.settings ?? LOCALIZATION_SETTINGS
  return {
    service: deps.service.name,
    repository: deps.repository.directory,
    baseCommit: deps.deployedCommit,
    language: file.source.language,
    file: file.path,
    line,
    symbol: definition?.qualifiedName ?? null,
    snippet: snippetAt(file.source.lines, line, snippetRadius),
  }
}

/** Whoever asked for what had run out: a reader who has seen the trace must know why another line is named. */
function victim({ stackTrace }: Diagnosis, fault: Fault): readonly string[] {
  if (stackTrace === null || fault.kind !== 'exhaustion') return []
  const frame = stackTrace.frames.find(({ application }) => application) ?? stackTrace.frames[0]
  if (frame === undefined) return []
  const at = `${frame.file.split(/[\\/]/).slice(-2).join('/')}${frame.line === null ? '' : `:${frame.line}`}`
  return [`${stackTrace.type} was thrown at ${at}, a victim: it asked when no ${fault.resource} were left`]
}

/** How the line was found, and what else it could have been. */
function doubtsOf(
  place: ChangedPlace,
  places: readonly ChangedPlace[],
  changed: readonly ChangedSource[],
): readonly string[] {
  const files = changed.length === 1 ? '1 file' : `${changed.length} files`
  const lines = changed.reduce((sum, file) => sum + count(file.lines), 0)
  const searched = `no trace names the line; it was found among the ${lines} lines of code that the release changed in ${files}`
  if (place.text === null)
    return [`${searched}: nothing in them stands out, so the first line of the largest change is marked`]
  const others = places.slice(1).filter(({ points }) => points > place.points / 2)
  const listed = others.slice(0, 3).map(({ file, line, text }) => `${file.path}:${line} (${text ?? ''})`)
  const old = place.points < 1 ? ', on a line that it did not change itself' : ''
  return [
    `${searched}: ${place.text}${old}`,
    ...(others.length === 0 ? [] : [`as likely by its looks: ${listed.join(', ')}`]),
  ]
}
