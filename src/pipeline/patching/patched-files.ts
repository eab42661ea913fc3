import { applyPatch, parsePatch } from 'diff'
import { toCcpError } from '../errors.ts'
import type { FixRecipe } from '../contracts.ts'
import type { PatchRepository } from './ports.ts'

export interface ChangedFile {
  readonly path: string
  readonly content: string | null
}

export type PatchedFiles =
  | { readonly kind: 'files'; readonly files: readonly ChangedFile[] }
  | { readonly kind: 'impossible'; readonly why: string }

/** The file contents by which a recipe changes `base`, or why it does not apply there. */
export async function patchedFiles(
  recipe: FixRecipe,
  base: string,
  repository: PatchRepository,
): Promise<PatchedFiles> {
  switch (recipe.kind) {
    case 'template':
      return { kind: 'files', files: [{ path: recipe.file, content: recipe.newContent }] }
    case 'revert-commit':
      return orImpossible(() => repository.revertedFiles(base, recipe.commit))
    case 'roll-back-deploy':
      return orImpossible(() => repository.filesTurning(base, recipe.toCommit))
    case 'restore-file':
      return restored(recipe, base, repository)
    case 'ai-patch':
      return applied(recipe.diff, base, repository)
  }
}

async function restored(
  { file, fromCommit }: FixRecipe & { kind: 'restore-file' },
  base: string,
  repository: PatchRepository,
): Promise<PatchedFiles> {
  const [now, before] = await Promise.all(
    [base, fromCommit].map((commit) => repository.readFile(commit, file)),
  )
  if (before === undefined || before === null)
    return { kind: 'impossible', why: `${file} was not there in ${fromCommit.slice(0, 12)}.` }
  if (before === now) return { kind: 'impossible', why: 'It would change nothing.' }
  return { kind: 'files', files: [{ path: file, content: before }] }
}

async function orImpossible(read: () => Promise<readonly ChangedFile[]>): Promise<PatchedFiles> {
  try {
    const files = await read()
    return files.length > 0
      ? { kind: 'files', files }
      : { kind: 'impossible', why: 'It would change nothing.' }
  } catch (thrown) {
    const error = toCcpError(thrown)
    if (error.code !== 'conflict' && error.code !== 'not-found') throw error
    return { kind: 'impossible', why: error.message }
  }
}

/** Planning has judged this diff; here it must still apply, without any line being guessed. */
async function applied(diff: string, base: string, repository: PatchRepository): Promise<PatchedFiles> {
  const files: ChangedFile[] = []
  for (const patch of parsePatch(diff)) {
    const path = (patch.newFileName ?? '').replace(/^[ab]\//, '')
    const before = path === '' ? null : await repository.readFile(base, path)
    const after = before === null ? false : applyPatch(before, patch, { fuzzFactor: 0 })
    if (after === false)
      return { kind: 'impossible', why: `The patch does not apply to ${path || 'a file without a name'}.` }
    files.push({ path, content: after })
  }
  return files.length > 0 ? { kind: 'files', files } : { kind: 'impossible', why: 'It would change nothing.' }
}
