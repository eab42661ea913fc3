import { matchesGlob } from 'node:path/posix'
import { applyPatch, parsePatch } from 'diff'

export type Judgement =
  | { readonly kind: 'accepted'; readonly changedLines: number }
  | { readonly kind: 'refused'; readonly why: string }

interface Bounds {
  read(path: string): Promise<string | null>
  /** Who wrote it knows no other file, so that a change of one is a guess, or another's wish. */
  readonly shown: readonly string[]
  /** Globs of paths; matched without regard to case, so that no file system is tricked. */
  readonly forbidden: readonly string[]
  readonly maxFiles: number
  readonly maxChangedLines: number
}

type Patches = ReturnType<typeof parsePatch>

/**
 * Whether a diff that a stranger wrote is one, stays small, changes only files that the stranger was shown and may change,
 * deletes none, and applies without guessing.
 */
export async function judgeDiff(diff: string, bounds: Bounds): Promise<Judgement> {
  const patches = parsed(diff)
  if (patches === null || patches.length === 0 || patches.some(({ hunks }) => hunks.length === 0))
    return refused('it is no unified diff')
  if (patches.length > bounds.maxFiles)
    return refused(`it touches ${patches.length} files, more than ${bounds.maxFiles}`)
  const changed = countChanges(patches)
  if (changed > bounds.maxChangedLines)
    return refused(`it changes ${changed} lines, more than ${bounds.maxChangedLines}`)
  const forbidden = (path: string): boolean =>
    bounds.forbidden.some((glob) => matchesGlob(path.toLowerCase(), glob.toLowerCase()))
  for (const patch of patches) {
    const why = await faultOf(patch, forbidden, bounds)
    if (why !== null) return refused(why)
  }
  return { kind: 'accepted', changedLines: changed }
}

async function faultOf(
  patch: Patches[number],
  forbidden: (path: string) => boolean,
  bounds: Bounds,
): Promise<string | null> {
  const [from, to] = [withoutPrefix(patch.oldFileName), withoutPrefix(patch.newFileName)]
  const named = [from, to].filter((path) => path !== '')
  const odd = named.find((path) => !isInside(path))
  if (odd !== undefined) return `${JSON.stringify(odd)} is no path of the repository`
  const kept = named.find(forbidden)
  if (kept !== undefined) return `${kept} may not be touched by a patch`
  if (from === '' || from !== to) return `it adds, deletes or renames ${named.join(' to ') || 'a file'}`
  if (!bounds.shown.includes(from)) return `${from} was not shown to it`
  const before = await bounds.read(from)
  if (before === null) return `${from} does not exist`
  return applyPatch(before, patch, { fuzzFactor: 0 }) === false ? `it does not apply to ${from}` : null
}

function isInside(path: string): boolean {
  return (
    !path.startsWith('/') && path.split('/').every((part) => part !== '..' && part !== '.' && part !== '')
  )
}

function parsed(diff: string): Patches | null {
  try {
    return parsePatch(diff)
  } catch {
    return null // The library throws on what is no diff: that is the answer.
  }
}

function countChanges(patches: Patches): number {
  return patches
    .flatMap(({ hunks }) => hunks.flatMap(({ lines }) => lines))
    .filter((line) => /^[+-]/.test(line)).length
}

function withoutPrefix(name: string | undefined): string {
  return name === undefined || name === '/dev/null' ? '' : name.replace(/^[ab]\//, '')
}

function refused(why: string): Judgement {
  return { kind: 'refused', why }
}
