import type { Change, LogLine, Span } from '../../signals/telemetry.ts'
import { culpritTrace, describeTrace, isSameFile } from '../culprit-trace.ts'
import type { Observation } from '../observation.ts'
import type { ReleaseChange } from '../release-changes.ts'
import { framePlaces, logPlaces, spanPlaces, type CodePlace } from './code-places.ts'

/** A commit that touched a place to which the incident points. */
export interface TouchingCommit {
  readonly commit: Change
  readonly place: CodePlace
  /** What of it was touched: a function, else a file. */
  readonly touched: string
  /** The function, where it was touched. */
  readonly symbol: string | null
  /** The place's own strength where its function was touched; less where only its file was. */
  readonly strength: number
}

/** What is known of a service beside its metrics. */
export interface CodeSignals {
  readonly logs: readonly LogLine[]
  readonly spans: readonly Span[]
  /** Epoch seconds. */
  readonly onset: number
}

/** The file was touched, and the functions that were are known: the place's is none of them. */
const ANOTHER_FUNCTION = 0.75

/**
 * `changeTouchesTrace` for each release with commits whose files are known: 1 where one of them touched the function that
 * throws, 1/2 for the frame above, and so on; half of it where it touched the code that logs new errors, less where it touched
 * a function by whose name failing or slow requests go. 0 where an exception is known and no commit touched its files; absent
 * where nothing points into the code.
 */
export function commitObservations(
  releases: readonly ReleaseChange[],
  signals: CodeSignals,
): ReadonlyMap<Change, readonly Observation[]> {
  const found = new Map<Change, readonly Observation[]>()
  for (const release of releases) {
    const observation = observe(release, signals)
    if (observation !== null) found.set(release.change, [observation])
  }
  return found
}

function observe(
  { change, commits }: ReleaseChange,
  { logs, spans, onset }: CodeSignals,
): Observation | null {
  const all = change.kind === 'commit' || commits.length === 0 ? [change, ...commits] : commits
  if (!all.some(({ files }) => files !== undefined && files.length > 0)) return null
  const trace = culpritTrace(logs, change.service, onset)
  const [first] = touchingCommits(all, [
    ...(trace === null ? [] : framePlaces(trace.stackTrace)),
    ...logPlaces(logs, change.service, onset),
    ...spanPlaces(spans, change.service, onset),
  ])
  if (first === undefined && trace === null) return null
  return {
    feature: 'changeTouchesTrace',
    value: first?.strength ?? 0,
    kind: 'change',
    text: () =>
      first === undefined
        ? `none of its commits touched a file of the exception ${trace === null ? '' : describeTrace(trace.stackTrace)}`
        : `commit ${first.commit.id.slice(0, 12)} "${first.commit.summary}" touched ${first.touched}, ${first.place.shows}`,
  }
}

/** Each commit by the strongest place that it touched; the strongest first, of equals the newest. */
export function touchingCommits(
  commits: readonly Change[],
  places: readonly CodePlace[],
): readonly TouchingCommit[] {
  return commits
    .flatMap((commit) => {
      const touches = places.flatMap((place) => touchOf(commit, place) ?? [])
      const [strongest] = touches.toSorted((a, b) => b.strength - a.strength)
      return strongest === undefined ? [] : [strongest]
    })
    .toSorted((a, b) => b.strength - a.strength || b.commit.at - a.commit.at)
}

function touchOf(commit: Change, place: CodePlace): TouchingCommit | null {
  const { file, symbols, strength } = place
  const path =
    file === null ? undefined : commit.files?.find((each) => isSameFile(each, file) || isModule(each, file))
  if (file !== null && path === undefined) return null
  const symbol = commit.symbols?.find((each) => symbols.includes(each))
  if (symbol !== undefined) {
    const touched = path === undefined ? symbol : `${symbol} in ${path}`
    return { commit, place, touched, symbol, strength }
  }
  if (path === undefined) return null
  const isElsewhere = commit.symbols !== undefined && symbols.length > 0
  return {
    commit,
    place,
    touched: path,
    symbol: null,
    strength: isElsewhere ? strength * ANOTHER_FUNCTION : strength,
  }
}

/** Loggers are named after the file without its extension. */
function isModule(path: string, file: string): boolean {
  return !/\.\w{1,5}$/.test(file) && file.includes('/') && isSameFile(path.replace(/\.\w{1,5}$/, ''), file)
}
