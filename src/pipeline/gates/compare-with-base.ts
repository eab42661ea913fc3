import { isTestFile } from './changed-files.ts'
import { newFindings } from './baseline.ts'
import type { GateContext } from './context.ts'
import { patchedSources } from './context.ts'
import type { Analyser, Analysis, Checkout, RawFinding, SourceFile } from './ports.ts'

export type Comparison =
  | {
      readonly kind: 'compared'
      readonly added: readonly RawFinding[]
      /** All findings of the patched tree, old ones too. */
      readonly patched: readonly RawFinding[]
      readonly tools: readonly string[]
      /** Changed files that no analyser of this gate reads. */
      readonly unread: readonly string[]
    }
  | { readonly kind: 'unavailable'; readonly why: string; readonly tools: readonly string[] }

/** Runs the gate's analysers on the changed files before and after the patch, and tells what the patch adds. */
export async function compareWithBase(context: GateContext, gate: Analyser['gate']): Promise<Comparison> {
  // Tests do on purpose what is wrong elsewhere, such as handing over values of the wrong type; and they are run.
  const sources = patchedSources(context).filter(
    ({ path }) => gate !== 'static-analysis' || !isTestFile(path),
  )
  const analysers = context.deps.analysers.filter((analyser) => analyser.gate === gate)
  const results = await Promise.all(analysers.map((analyser) => compareOne(context, analyser, sources)))
  const ran = results.filter((result) => result !== null)
  const tools = ran.flatMap((result) => (result.kind === 'compared' ? result.tools : []))
  const stopped = ran.flatMap((result) => (result.kind === 'unavailable' ? [result.why] : []))
  if (stopped.length > 0) return { kind: 'unavailable', why: stopped.join('; '), tools }
  const compared = ran.filter((result) => result.kind === 'compared')
  return {
    kind: 'compared',
    added: compared.flatMap((result) => result.added),
    patched: compared.flatMap((result) => result.patched),
    tools,
    unread: sources
      .map(({ path }) => path)
      .filter((path) => !analysers.some((analyser) => analyser.handles(path))),
  }
}

async function compareOne(
  context: GateContext,
  analyser: Analyser,
  sources: readonly SourceFile[],
): Promise<Comparison | null> {
  const after = sources.filter(({ path }) => analyser.handles(path))
  if (after.length === 0) return null
  const before = after.flatMap(({ path }) => {
    const text = context.baseTexts.get(path)
    return text === undefined ? [] : [{ path, text }]
  })
  const patched = await analyse(analyser, context.patched, after)
  // Nothing can be new where there is nothing: the base is asked only what it has to explain.
  const isAsked = analyser.gate !== 'syntax' && patched.kind === 'analysed' && patched.findings.length > 0
  const base = await analyse(analyser, context.base, isAsked ? before : [])
  for (const side of [base, patched])
    if (side.kind === 'unavailable')
      return { kind: 'unavailable', why: `${analyser.name}: ${side.reason}; ${side.mend}`, tools: [] }
  if (base.kind !== 'analysed' || patched.kind !== 'analysed') return null
  const added = newFindings(
    { findings: base.findings, texts: context.baseTexts },
    { findings: patched.findings, texts: context.patchedTexts },
  )
  return { kind: 'compared', added, patched: patched.findings, tools: [patched.tool], unread: [] }
}

/** A tool that crashes has told nothing: that is no pass. */
async function analyse(
  analyser: Analyser,
  checkout: Checkout,
  files: readonly SourceFile[],
): Promise<Analysis> {
  if (files.length === 0) return { kind: 'analysed', findings: [], tool: analyser.name }
  try {
    return await analyser.analyse({ checkout, files })
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      kind: 'unavailable',
      reason: `it failed (${reason.slice(0, 300)})`,
      mend: 'run the gates again, and report the tool if it fails the same way',
    }
  }
}
