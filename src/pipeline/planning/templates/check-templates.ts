import { templateFixes } from './template-fixes.ts'
import { matchException } from './match-exception.ts'
import type { FixTemplate, TemplateTest } from './fix-template.ts'

export interface TemplateProblem {
  readonly templateId: string
  /** 0-based; null for the template as a whole. */
  readonly test: number | null
  readonly message: string
}

/** Runs the tests that templates carry; an empty list means that all hold. */
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
      const message = faultOf(template, test)
      return message === null ? [] : [{ templateId: template.id, test: index, message }]
    })
  })
}

function faultOf(template: FixTemplate, test: TemplateTest): string | null {
  const exception = test.exception ?? exampleOf(template)
  if (matchException(template, exception) === null)
    return `does not answer to ${exception.type}: ${exception.message}`
  const [language] = template.languages
  if (language === undefined) return 'names no language'
  const site = { language, path: '', text: test.before, line: test.line, column: test.column, exception }
  const texts = ruleTexts(template, site)
  if (typeof texts === 'string') return texts
  if (texts.length === 0) return `finds nothing to mend on line ${test.line}`
  if (texts.some((text) => text.trimEnd() === test.after.trimEnd())) return null
  return `gives\n${texts.join('\n--- or ---\n')}\ninstead of\n${test.after}`
}

/** A rule that ast-grep refuses is the template's fault, not the program's. */
function ruleTexts(
  template: FixTemplate,
  site: Parameters<typeof templateFixes>[1],
): readonly string[] | string {
  try {
    return templateFixes([template], site).map((fix) => fix.newText)
  } catch (error) {
    return `its rule is not valid: ${error instanceof Error ? error.message : String(error)}`
  }
}

function exampleOf(template: FixTemplate): { readonly type: string; readonly message: string } {
  const pattern = template.exceptions[0]
  return { type: pattern?.types[0] ?? 'Error', message: pattern?.message ?? '' }
}
