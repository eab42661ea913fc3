import { z } from 'zod'
import { checkTemplates } from '../pipeline/planning/templates/check-templates.ts'
import type { FixTemplate } from '../pipeline/planning/templates/fix-template.ts'
import { openYaml, type ConfigProblem, type OpenYaml } from './read-yaml.ts'
import { repeatedIds, templateSchema } from './schema/fix-templates.ts'

/** What is wrong with a template file. */
export interface TemplateFileReport {
  /** Mistakes by which the file cannot be read as templates. */
  readonly mistakes: readonly ConfigProblem[]
  /** Tests of well-formed templates that do not hold. */
  readonly failures: readonly ConfigProblem[]
  readonly templates: number
  readonly tests: number
}

const listSchema = z.strictObject({ templates: z.array(z.unknown()) })

/**
 * Validates a template file whole: each template by itself, so that a mistake in one hides nothing in another, and the
 * tests of all that are well formed. Every problem names file, line and mend.
 */
export function checkTemplateFile(
  file: string,
  shownAs: string,
  environment: Readonly<Record<string, string | undefined>>,
): TemplateFileReport {
  const opened = openYaml(file, shownAs, environment)
  if (opened.kind === 'problems') return { mistakes: opened.problems, failures: [], templates: 0, tests: 0 }
  const yaml = opened.value
  const list = listSchema.safeParse(yaml.value)
  const written = templatesIn(yaml.value)
  const read = written.map((each, index) => readTemplate(each, index, yaml))
  return {
    mistakes: [
      ...yaml.problems,
      ...(list.success ? [] : yaml.problemsOf(list.error, [])),
      ...read.flatMap(({ mistakes }) => mistakes),
      ...repeated(written, shownAs, yaml),
    ],
    failures: read.flatMap(({ template }, index) => failuresOf(template, index, shownAs, yaml)),
    templates: written.length,
    tests: read.reduce((total, { template }) => total + (template?.tests.length ?? 0), 0),
  }
}

/** As far as there is a list at all. */
function templatesIn(value: unknown): readonly unknown[] {
  const templates: unknown = (value as { readonly templates?: unknown } | null)?.templates
  return Array.isArray(templates) ? templates : []
}

function readTemplate(
  written: unknown,
  index: number,
  yaml: OpenYaml,
): { readonly template: FixTemplate | null; readonly mistakes: readonly ConfigProblem[] } {
  const checked = templateSchema.safeParse(written)
  return checked.success
    ? { template: checked.data, mistakes: [] }
    : { template: null, mistakes: yaml.problemsOf(checked.error, ['templates', index]) }
}

function repeated(written: readonly unknown[], file: string, yaml: OpenYaml): readonly ConfigProblem[] {
  const ids = written.map((each) => {
    const id: unknown = (each as { readonly id?: unknown } | null)?.id
    return typeof id === 'string' ? id : null
  })
  return repeatedIds(ids).map(({ index, message }) => ({
    file,
    line: yaml.lineAt(['templates', index, 'id']),
    message: `templates[${index}].id: ${message}`,
  }))
}

function failuresOf(
  template: FixTemplate | null,
  index: number,
  file: string,
  yaml: OpenYaml,
): readonly ConfigProblem[] {
  if (template === null) return []
  return checkTemplates([template]).map(({ templateId, test, message }) => ({
    file,
    line: yaml.lineAt(['templates', index, 'tests', ...(test === null ? [] : [test])]),
    message: `${templateId}, test ${(test ?? 0) + 1}: ${message}`,
  }))
}
