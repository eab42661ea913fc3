import type { Change, LogLine } from '../../signals/telemetry.ts'
import { culpritTrace, describeTrace, isSameFile } from '../culprit-trace.ts'
import type { Observation } from '../observation.ts'
import type { ReleaseChange } from '../release-changes.ts'

/** The commits of a release that touched a file of the exception its service throws, by the frame's depth (0 innermost). */
export interface TouchingCommit {
  readonly commit: Change
  readonly file: string
  readonly depth: number
}

/** Application frames looked at: the throwing one and those that led to it. */
const FRAMES = 6

/**
 * `changeTouchesTrace` for each release with commits whose files are known: 1 where one of them touched the file that throws,
 * 1/2 for the frame above, and so on; 0 where an exception is known and no commit touched its files. Absent without a trace.
 */
export function commitObservations(
  releases: readonly ReleaseChange[],
  logs: readonly LogLine[],
  onset: number,
): ReadonlyMap<Change, readonly Observation[]> {
  const found = new Map<Change, readonly Observation[]>()
  for (const release of releases) {
    const observation = observe(release, logs, onset)
    if (observation !== null) found.set(release.change, [observation])
  }
  return found
}

function observe(release: ReleaseChange, logs: readonly LogLine[], onset: number): Observation | null {
  const commits = release.commits.length > 0 ? release.commits : [release.change]
  if (!commits.some(({ files }) => files !== undefined && files.length > 0)) return null
  const trace = culpritTrace(logs, release.change.service, onset)
  if (trace === null) return null
  const touching = touchingCommits(
    commits,
    trace.stackTrace.frames.filter(({ application }) => application).map(({ file }) => file),
  )
  const [first] = touching
  return {
    feature: 'changeTouchesTrace',
    value: first === undefined ? 0 : 1 / (1 + first.depth),
    kind: 'change',
    text: () =>
      first === undefined
        ? `none of its commits touched a file of the exception ${describeTrace(trace.stackTrace)}`
        : `commit ${first.commit.id.slice(0, 12)} "${first.commit.summary}" touched ${first.file}, where ${describeTrace(trace.stackTrace)} is thrown`,
  }
}

/** Innermost frame first, then the newest commit. */
export function touchingCommits(
  commits: readonly Change[],
  frameFiles: readonly string[],
): readonly TouchingCommit[] {
  return commits
    .flatMap((commit) => {
      const touched = frameFiles
        .slice(0, FRAMES)
        .map((file, depth) => ({ depth, file: commit.files?.find((path) => isSameFile(path, file)) }))
        .find(({ file }) => file !== undefined)
      return touched?.file === undefined ? [] : [{ commit, file: touched.file, depth: touched.depth }]
    })
    .sort((a, b) => a.depth - b.depth || b.commit.at - a.commit.at)
}
