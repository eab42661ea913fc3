export type Language = 'python' | 'javascript' | 'typescript' | 'java' | 'go'

export interface StackFrame {
  /** As printed: absolute in a container, a URL, a class file name ... */
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly symbol: string | null
  /** Java: the package-qualified class; Go: the package path; else null. */
  readonly module: string | null
  /** False for the runtime's, the standard library's and third parties' frames. */
  readonly application: boolean
}

/** One exception with its frames, innermost (where it was thrown) first, whatever the language prints. */
export interface StackTrace {
  readonly language: Language
  readonly type: string
  readonly message: string
  readonly frames: readonly StackFrame[]
  /** The exception that this one was raised from, if any. */
  readonly cause: StackTrace | null
}

/** The request that made the service fail, as its log recorded it (already without secrets). */
export interface FailingInput {
  readonly kind: 'http'
  readonly method: string
  readonly path: string
  readonly body: unknown
}
