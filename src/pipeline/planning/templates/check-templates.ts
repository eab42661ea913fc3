import type { Language } from '../../signals/stack-trace.ts'
import { templateFixes } from './template-fixes.ts'
import { templateRefusals } from './template-refusals.ts'
import { matchException } from './match-exception.ts'
import type { FaultSite, FixTemplate, TemplateTest } from './fix-template.ts'

export interface TemplateProblem {
  readonly templateId: string
  /** 0-based; null for the template as a whole. */
  readonly test: number | null
  /** What does not hold, and the mend. */
  readonly message: string
}

/** Runs the tests that templates carry, in each of their languages; an empty list means that all hold. */
export function checkTemplates(templates: readonly FixTemplate[]): readonly TemplateProblem[] {
  return templates.flatMap((template): TemplateProblem[] => {
    if (template.tests.length === 0)
      return [
        {
          templateId: template.id,
          test: null,
          message: 'carries no test: add one with before, after and line',
        },
      ]
    return template.tests.flatMap((test, index) => {
      const [message] = template.languages.flatMap((language) => faultOf(template, test, language) ?? [])
      return message === undefined ? [] : [{ templateId: template.id, test: index, message }]
    })
  })
}

function faultOf(template: FixTemplate, test: TemplateTest, language: Language): string | null {
  const exception = test.exception ?? exampleOf(template)
  if (matchException(template, exception) === null)
    return `the template does not answer to ${exception.type}: ${exception.message}; add it to exceptions, or correct the test`
  const site = { language, path: '', text: test.before, line: test.line, column: test.column, exception }
  try {
    const texts = templateFixes([template], site).map((fix) => fix.newText)
    if (texts.length === 0) return `${whyNothing(template, site)} (as ${language})`
    return texts.some((text) => text.trimEnd() === test.after.trimEnd()) ? null : difference(texts, test)
  } catch (error) {
    // A rule that ast-grep refuses is the template's fault, not the program's.
    return `its rule is not valid: correct it, ${error instanceof Error ? error.message : String(error)}`
  }
}

function whyNothing(template: FixTemplate, site: FaultSite): string {
  const [refusal] = templateRefusals([template], site)
  return refusal === undefined
    ? `finds nothing to mend on line ${site.line}: correct the line, or what match, when and positions ask for`
    : `must not be used on line ${site.line}, ${refusal.reason}: correct the test`
}

function difference(texts: readonly string[], { after }: TemplateTest): string {
  return `gives\n${texts.join('\n--- or ---\n').trimEnd()}\ninstead of\n${after.trimEnd()}\n: correct the fix, or the test`
}

function exampleOf(template: FixTemplate): { readonly type: string; readonly message: string } {
  const pattern = template.exceptions[0]
  return { type: pattern?.types[0] ?? 'Error', message: pattern?.message ?? '' }
}
