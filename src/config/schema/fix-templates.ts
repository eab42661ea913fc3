import { z } from 'zod'
import { isFilledIn } from '../../pipeline/planning/templates/derived.ts'
import { ruleFault } from '../../pipeline/planning/templates/rule-fault.ts'
import { variablesIn } from '../../pipeline/planning/templates/substitute.ts'
import { CONDITIONS, POSITIONS, REACHES, SCOPES } from '../../pipeline/planning/templates/fix-template.ts'
import type { FixTemplate, Position, ScopeName } from '../../pipeline/planning/templates/fix-template.ts'

const LANGUAGES = ['python', 'javascript', 'typescript', 'java', 'go'] as const
const CATEGORIES = [
  'null-check',
  'resource-leak',
  'timeout',
  'error-handling',
  'retry',
  'circuit-breaker',
] as const

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `must be one of ${values.join(', ')}`)
}

const text = z.string().min(1, 'is empty: write a text').max(4_000, 'is longer than 4000 characters')
const probability = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1')
const ruleObject = z.record(
  z.string(),
  z.unknown(),
  'is not an ast-grep rule: write a mapping (pattern, kind ...)',
)

const exceptionPattern = z
  .strictObject({
    types: z.array(z.string().regex(/^\w+$/, 'must be a class name without its package')).default([]),
    message: text.nullable().default(null),
    confidence: probability.nullable().default(null),
  })
  .refine(
    (pattern) => pattern.types.length > 0 || pattern.message !== null,
    'needs types, a message or both: add one',
  )
  .refine(
    (pattern) => !/\}\{/.test(pattern.message ?? ''),
    'has two placeholders side by side: put the text between them',
  )

const templateTest = z.strictObject({
  before: text,
  after: text,
  line: z.int().min(1, 'counts from 1'),
  column: z.int().min(1, 'counts from 1').nullable().default(null),
  exception: z.strictObject({ type: text, message: z.string() }).nullable().default(null),
})

const DEFAULT_POSITIONS: Readonly<Record<ScopeName, readonly Position[]>> = {
  match: [...POSITIONS],
  value: ['value', 'argument', 'condition'],
  statement: ['statement'],
  'error-check': ['statement'],
  uses: ['statement'],
}

/** One entry of the list. */
export const templateSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower case words joined by hyphens'),
    title: text,
    languages: z.array(oneOf(LANGUAGES)).min(1, `names no language: name one of ${LANGUAGES.join(', ')}`),
    category: oneOf(CATEGORIES),
    exceptions: z.array(exceptionPattern).min(1, 'answers to no exception: add a type or a message'),
    description: text,
    match: z.strictObject({ rule: ruleObject, constraints: z.record(z.string(), ruleObject).default({}) }),
    when: z.array(oneOf(CONDITIONS)).default([]),
    scope: oneOf(SCOPES).default('match'),
    positions: z
      .array(oneOf(POSITIONS))
      .min(1, `names no position: name some of ${POSITIONS.join(', ')}`)
      .nullable()
      .default(null),
    reaches: z
      .array(oneOf(REACHES))
      .min(1, `names no reach: name some of ${REACHES.join(', ')}`)
      .default([...REACHES]),
    inner: text.nullable().default(null),
    fix: text,
    declares: text.nullable().default(null),
    imports: z.array(text).default([]),
    confidence: probability,
    drawbacks: z.array(text).default([]),
    tests: z.array(templateTest).min(1, 'carries no test: add one with before, after and line'),
  })
  .superRefine((each, context) => {
    const fault = ruleFault({ languages: each.languages, ...each.match })
    if (fault !== null)
      context.addIssue({
        code: 'custom',
        message: `is no rule that ast-grep takes: correct it, ${fault}`,
        path: ['match'],
      })
    for (const { name, field } of unknownVariables(each))
      context.addIssue({
        code: 'custom',
        message: `uses $${name}, which the rule does not capture: correct the name, or capture it`,
        path: [field],
      })
  })
  .transform(({ match, positions, ...rest }): FixTemplate => ({
    ...rest,
    ...match,
    positions: positions ?? DEFAULT_POSITIONS[rest.scope],
  }))

type Written = Readonly<Record<'title' | 'fix', string> & Record<'inner' | 'declares', string | null>> & {
  readonly match: unknown
}

/** A variable that nothing fills in would make a template that never fits. */
function unknownVariables(template: Written) {
  const captured = new Set(variablesIn(JSON.stringify(template.match)))
  return (['title', 'inner', 'fix', 'declares'] as const).flatMap((field) =>
    variablesIn(template[field] ?? '')
      .filter((name) => !captured.has(name) && !isFilledIn(name))
      .map((name) => ({ name, field })),
  )
}

/** Ids that more than one template bears, by the places after the first. */
export function repeatedIds(
  ids: readonly (string | null)[],
): readonly { readonly index: number; readonly message: string }[] {
  return ids.flatMap((id, index) =>
    id !== null && ids.indexOf(id) < index
      ? [{ index, message: `the id ${id} is used twice: give each template its own` }]
      : [],
  )
}

/** fix-templates.yaml: the repairs as data. Its output is the list that planning works with. */
export const fixTemplatesSchema = z
  .strictObject({ templates: z.array(templateSchema) })
  .transform(({ templates }): readonly FixTemplate[] => templates)
  .check(({ value, issues }) => {
    for (const { index, message } of repeatedIds(value.map(({ id }) => id)))
      issues.push({ code: 'custom', message, input: value[index]?.id, path: ['templates', index, 'id'] })
  })
