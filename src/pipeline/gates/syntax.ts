import { compareWithBase } from './compare-with-base.ts'
import type { GateContext } from './context.ts'
import { blocked, count, failed, listed, passed, type GateAnswer } from './gate-result.ts'

/** Gate 1: every changed file is accepted by its language's own parser, whatever it was before. */
export async function checkSyntax(context: GateContext): Promise<GateAnswer> {
  const result = await compareWithBase(context, 'syntax')
  if (result.kind === 'unavailable') return blocked(result.why, result.tools)
  const [first] = result.patched
  if (first !== undefined) {
    const files = new Set(result.patched.map(({ file }) => file))
    return failed(
      `${count(files.size, 'file')} cannot be parsed: ${first.file}:${first.line ?? '?'} ${first.message}`,
      result.patched,
      result.tools,
    )
  }
  const parsed = context.patchedTexts.size - result.unread.length
  const note = result.unread.length === 0 ? '' : `; no parser for ${listed(result.unread)}`
  return passed(`${count(parsed, 'changed file')} parsed${note}`, result.tools)
}
