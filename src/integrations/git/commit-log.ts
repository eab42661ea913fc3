import { gitText } from './git.ts'

/** One commit as `git log` tells it. */
export interface LoggedCommit {
  readonly commit: string
  readonly parents: readonly string[]
  readonly author: string
  /** When it was committed, which is nearer to its landing than when it was written. */
  readonly atMs: number
  readonly subject: string
  readonly body: string
  readonly files: readonly string[]
}

// The record separator comes first, the unit separators between; file names follow, each ended by NUL.
const FORMAT = '--format=%x1e%H%x1f%P%x1f%an%x1f%ct%x1f%s%x1f%b%x1f'
const HASH = /^[0-9a-f]{40,64}$/
const MAX_BODY = 2_000

/**
 * Reads `git log <args>` newest first. The caller bounds it (`--max-count`) and ends its options before revisions and
 * paths.
 */
export async function readLog(
  directory: string,
  args: readonly string[],
  timeoutMs?: number,
): Promise<readonly LoggedCommit[]> {
  const fixed = ['log', '-z', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', FORMAT]
  const text = await gitText(directory, [...fixed, ...args], timeoutMs === undefined ? {} : { timeoutMs })
  return text.split('\u001e').flatMap(readRecord)
}

function readRecord(record: string): readonly LoggedCommit[] {
  const [commit = '', parents = '', author = '', at = '', subject = '', body = '', rest = ''] =
    record.split('\u001f')
  // A separator inside a message would shift the fields: such a piece is not a commit.
  if (!HASH.test(commit) || !/^\d+$/.test(at)) return []
  return [
    {
      commit,
      parents: parents.split(' ').filter((parent) => parent !== ''),
      author,
      atMs: Number(at) * 1000,
      subject,
      body: body.slice(0, MAX_BODY).trim(),
      files: rest.split('\0').flatMap((name) => (name.trim() === '' ? [] : [name.replace(/^\n/, '')])),
    },
  ]
}
