import type { CommitSummary } from '../contracts.ts'

export interface TouchingCommit extends CommitSummary {
  readonly files: readonly string[]
  /** The commits that it takes back; with a merge all that the merge brought. */
  readonly reverts: readonly string[]
}

/** One-based, both ends included. */
export interface LineRange {
  readonly from: number
  readonly to: number
}

/** Lines of one file that a release added or changed, as numbered after it. */
export interface ChangedLines {
  readonly path: string
  readonly lines: readonly LineRange[]
}

/** Read-only view of one repository at given commits; paths are relative to its root, with `/`. */
export interface SourceRepository {
  /** Directory, for messages and for `Location.repository`. */
  readonly directory: string
  /** Regular files; links and submodules are left out. */
  filesAt(commit: string): Promise<readonly string[]>
  /** Null where the file does not exist at that commit. */
  readFile(commit: string, path: string): Promise<string | null>
  /** Who last changed the line; null where there is no such line, it is older than `since`, or that takes too long to find. */
  blame(commit: string, path: string, line: number, since?: string): Promise<CommitSummary | null>
  /** Newest first, without merges, bounded; `paths` empty means all. Without `since` only the latest stretch of history. */
  commitsTouching(query: {
    readonly until: string
    readonly since: string | null
    readonly paths: readonly string[]
    readonly limit: number
  }): Promise<readonly TouchingCommit[]>
  /** Commits after `since` that changed these lines of `path` (as numbered at `until`), newest first, without merges. */
  commitsTouchingLines(query: {
    readonly until: string
    readonly since: string
    readonly path: string
    readonly lines: LineRange
    readonly limit: number
  }): Promise<readonly CommitSummary[]>
  /** What `until` has that `since` had not, renames followed; a file from which lines were only removed has no lines. */
  linesChanged(since: string, until: string): Promise<readonly ChangedLines[]>
}
