import type { Patch } from '../contracts.ts'
import { changedFiles, type ChangedFile } from './changed-files.ts'
import type { Checkout, GateDeps, SourceFile } from './ports.ts'

/** What every gate looks at: both trees, and what lies between them as git tells it. */
export interface GateContext {
  readonly patch: Patch
  readonly deps: GateDeps
  readonly base: Checkout
  readonly patched: Checkout
  readonly diff: string
  readonly commitMessage: string
  readonly files: readonly ChangedFile[]
  /** Texts of the changed files, by path; what is no text is left out. */
  readonly baseTexts: ReadonlyMap<string, string>
  readonly patchedTexts: ReadonlyMap<string, string>
}

/** Checks both commits out and reads the changed files. The caller removes the checkouts. */
export async function openContext(patch: Patch, deps: GateDeps): Promise<GateContext> {
  const { repository, baseCommit, commit } = patch
  const change = await deps.checkouts.change(repository, baseCommit, commit)
  const files = changedFiles(change.diff)
  const [base, patched] = await both(
    deps.checkouts.checkout(repository, baseCommit),
    deps.checkouts.checkout(repository, commit),
  )
  const [baseTexts, patchedTexts] = await Promise.all([textsOf(base, files), textsOf(patched, files)])
  return {
    patch,
    deps,
    base,
    patched,
    diff: change.diff,
    commitMessage: change.message,
    files,
    baseTexts,
    patchedTexts,
  }
}

/** Where one of two checkouts fails the other is not left lying about. */
async function both(base: Promise<Checkout>, patched: Promise<Checkout>): Promise<[Checkout, Checkout]> {
  const results = await Promise.allSettled([base, patched])
  const [first, second] = results
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value]
  await Promise.all(
    results.map((result) => (result.status === 'fulfilled' ? result.value.remove() : undefined)),
  )
  throw first.status === 'rejected' ? first.reason : (second as PromiseRejectedResult).reason
}

async function textsOf(checkout: Checkout, files: readonly ChangedFile[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  await Promise.all(
    files.map(async ({ path, binary }) => {
      const text = binary ? null : await checkout.readFile(path)
      if (text !== null) texts.set(path, text)
    }),
  )
  return texts
}

/** The changed files as they are after the patch. */
export function patchedSources({ files, patchedTexts }: GateContext): readonly SourceFile[] {
  return files.flatMap(({ path }) => {
    const text = patchedTexts.get(path)
    return text === undefined ? [] : [{ path, text }]
  })
}
