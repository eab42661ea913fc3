import { compareWithBase } from './compare-with-base.ts'
import type { GateContext } from './context.ts'
import { blocked, count, failed, listed, passed, type GateAnswer } from './gate-result.ts'

/** Gate 3: the patch adds no more lint findings than the settings allow. */
export async function checkLint(context: GateContext): Promise<GateAnswer> {
  const { maxNewFindings, ignoredRules } = context.deps.settings.lint
  const result = await compareWithBase(context, 'lint')
  if (result.kind === 'unavailable') return blocked(result.why, result.tools)
  const added = result.added.filter(({ rule }) => !ignoredRules.includes(rule))
  const known = result.patched.length - result.added.length
  const unread = result.unread.length === 0 ? '' : `; no linter for ${listed(result.unread)}`
  const told = `${count(added.length, 'new finding')}, ${maxNewFindings} allowed; ${known} known before${unread}`
  if (added.length <= maxNewFindings)
    return {
      ...passed(told, result.tools),
      findings: added.map(({ file, line, rule, message }) => ({ file, line, rule, message })),
    }
  const [first] = added
  return failed(
    `${told}: ${first?.file}:${first?.line ?? '?'} ${first?.rule} ${first?.message}`,
    added,
    result.tools,
  )
}
