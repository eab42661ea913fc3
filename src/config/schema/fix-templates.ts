import { z } from 'zod'
import { ruleFault } from '../../pipeline/planning/templates/rule-fault.ts'
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

const text = z.string().min(1, 'is empty').max(4_000, 'is longer than 4000 characters')
const probability = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1')
const ruleObject = z.record(
  z.string(),
  z.unknown(),
  'is not an ast-grep rule: write a mapping (pattern, kind ...)',
)

const exceptionPattern = z
  .strictObject({
    types: z.array(z.string().regex(/^\w+$/, 'is a class name without its package')).default([]),
    message: text.nullable().default(null),
    confidence: probability.nullable().default(null),
  })
  .refine((pattern) => pattern.types.length > 0 || pattern.message !== null, 'needs types, a message or both')
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

const template = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower case words joined by hyphens'),
    title: text,
    languages: z.array(oneOf(LANGUAGES)).min(1, 'names no language'),
    category: oneOf(CATEGORIES),
    exceptions: z.array(exceptionPattern).min(1, 'answers to no exception: add a type or a message'),
    description: text,
    match: z.strictObject({ rule: ruleObject, constraints: z.record(z.string(), ruleObject).default({}) }),
    when: z.array(oneOf(CONDITIONS)).default([]),
    scope: oneOf(SCOPES).default('match'),
    positions: z.array(oneOf(POSITIONS)).min(1, 'names no position').nullable().default(null),
    reaches: z
      .array(oneOf(REACHES))
      .min(1, 'names no reach')
      .default([...REACHES]),
    inner: text.nullable().default(null),
    fix: text,
    declares: text.nullable().default(null),
    imports: z.array(text).default([]),
    confidence: probability,
    drawbacks: z.array(text).default([]),
    tests: z.array(templateTest).min(1, 'carries no test: add one with before, after and line'),
  })
  .transform(({ match, positions, ...rest }): FixTemplate => ({
    ...rest,
    ...match,
    positions: positions ?? DEFAULT_POSITIONS[rest.scope],
  }))

/** fix-templates.yaml: the repairs as data. Its output is the list that planning works with. */
export const fixTemplatesSchema = z
  .strictObject({ templates: z.array(template) })
  .transform(({ templates }): readonly FixTemplate[] => templates)
  .check(({ value, issues }) => {
    value.forEach((each, index) => {
      const fault = ruleFault(each)
      if (fault !== null)
        issues.push({
          code: 'custom',
          message: `is no rule that ast-grep takes: ${fault}`,
          input: each.rule,
          path: ['templates', index, 'match'],
        })
    })
    const seen = new Set<string>()
    value.forEach(({ id }, index) => {
      if (seen.has(id))
        issues.push({
          code: 'custom',
          message: `the id ${id} is used twice: give each template its own`,
          input: id,
          path: ['templates', index, 'id'],
        })
      seen.add(id)
    })
  })
