export interface DangerRule {
  readonly id: string
  /** ast-grep patterns, any of which matches. */
  readonly patterns: readonly string[]
  /** `injection`: input becomes code, command, query, path or object. `exposure`: a protection is taken away. */
  readonly kind: 'injection' | 'exposure'
  /**
   * When a match counts: `always`; `variable`: unless all arguments are constants; `built`: if an argument puts a text
   * together from parts; `request`: if an argument speaks of a request; `holds`: if the matched text holds a pattern and,
   * with `variable`, not all arguments are constants.
   */
  readonly when:
    'always' | 'variable' | 'built' | 'request' | { readonly holds: RegExp; readonly variable: boolean }
  readonly message: string
}

type Row = readonly [
  id: string,
  kind: DangerRule['kind'],
  when: DangerRule['when'],
  message: string,
  ...patterns: readonly string[],
]

export const rulesOf = (rows: readonly Row[]): readonly DangerRule[] =>
  rows.map(([id, kind, when, message, ...patterns]) => ({ id, kind, when, message, patterns }))

export const CODE = 'text becomes code that runs: parse it, or look the value up in a table'
export const COMMAND = 'text becomes a shell command: run a program with a list of arguments, without a shell'
export const QUERY = 'text becomes part of a query: pass values as parameters'
export const OBJECT = 'deserialising can run code: use a data format such as JSON'
export const PATH = 'a request chooses a file: resolve the path and check that it stays inside its directory'
export const TLS = 'the certificate of the other side is not checked any more'
export const MODE = 'everybody may write to the file'
export const ENVIRONMENT =
  'the whole environment leaves the process, its secrets too: name the variable that is meant'
