import { newFindings } from './baseline.ts'
import { compareWithBase } from './compare-with-base.ts'
import type { GateContext } from './context.ts'
import { findDangers } from './find-dangers.ts'
import { blocked, count, failed, listed, passed, type GateAnswer } from './gate-result.ts'
import type { RawFinding } from './ports.ts'

/** Gate 4: the patch adds nothing critical: no type error, and no way for input to become code, command, query or path. */
export async function checkStaticAnalysis(context: GateContext): Promise<GateAnswer> {
  const { failOn, ignoredRules } = context.deps.settings.staticAnalysis
  const result = await compareWithBase(context, 'static-analysis')
  const dangers = newDangers(context)
  if (result.kind === 'unavailable') return blocked(result.why, result.tools, dangers)
  const added = [...dangers, ...result.added].filter(({ rule }) => !ignoredRules.includes(rule))
  const serious = added.filter(({ severity }) => failOn.includes(severity))
  const tools = [...result.tools, 'own rules (ast-grep)']
  const unread = result.unread.length === 0 ? '' : `; only own rules for ${listed(result.unread)}`
  const told = `${count(serious.length, 'new serious finding')}; ${result.patched.length - result.added.length} known before${unread}`
  const [first] = serious
  if (first !== undefined)
    return failed(
      `${told}: ${first.file}:${first.line ?? '?'} ${first.rule} ${first.message}`,
      serious,
      tools,
    )
  const notes = added.map(({ file, line, rule, message }) => ({ file, line, rule, message }))
  return { ...passed(told, tools), findings: notes.slice(0, 20) }
}

function newDangers({ baseTexts, patchedTexts }: GateContext): readonly RawFinding[] {
  return newFindings(
    { findings: findDangers(baseTexts, 'injection'), texts: baseTexts },
    { findings: findDangers(patchedTexts, 'injection'), texts: patchedTexts },
  )
}
