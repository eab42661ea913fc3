export interface TestFailure {
  readonly id: string
  readonly message: string
}

/** What one run of a test command said. */
export interface Tally {
  /** Tests that ran to an end, passed or failed. */
  readonly executed: number
  readonly skipped: number
  readonly failures: readonly TestFailure[]
  /** Ids of the tests that ran and of those skipped; null where the output only counts. */
  readonly ran: ReadonlySet<string> | null
  readonly skippedIds: ReadonlySet<string> | null
  /** Test files that could not even be loaded; they are among the failures as well. */
  readonly unloadable: readonly string[]
  /** Groups of tests whose process ended before all of them had run; absent where the runner does not tell. */
  readonly cutShort?: readonly string[]
}

export const NOTHING_RAN: Tally = {
  executed: 0,
  skipped: 0,
  failures: [],
  ran: new Set(),
  skippedIds: new Set(),
  unloadable: [],
}

export type Runner =
  | 'unittest'
  | 'pytest'
  | 'node-test'
  | 'go-test'
  | 'junit'
  | 'java-main'
  /** jest, vitest, mocha and whatever else ends with a count. */
  | 'text'
