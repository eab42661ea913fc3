import { parse, stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { fixTemplatesSchema } from '../../../src/config/schema/fix-templates.ts'
import { checkTemplates } from '../../../src/pipeline/planning/templates/check-templates.ts'

const OWN = `
templates:
  - id: own-guard
    title: Guard \`$OBJ\`
    languages: [python]
    category: null-check
    exceptions: [{ types: [TypeError], message: not subscriptable }]
    description: A template that a user wrote.
    match: { rule: { pattern: '$OBJ[$KEY]' } }
    scope: value
    fix: ($OBJ or {}).get($KEY)
    confidence: 0.5
    tests: [{ before: 'x = a["k"]', after: 'x = (a or {}).get("k")', line: 1 }]
`

function own(change: (template: Record<string, unknown>) => void = () => undefined) {
  const document = parse(OWN) as { templates: Record<string, unknown>[] }
  document.templates.forEach(change)
  return fixTemplatesSchema.safeParse(parse(stringify(document)))
}

describe('a template of a user', () => {
  it('needs no code', () => {
    const { data } = own()
    expect(checkTemplates(data ?? [])).toEqual([])
    expect(data).toHaveLength(1)
  })

  it.each<[string, (template: Record<string, unknown>) => void, string]>([
    ['without a test', (t) => (t.tests = []), 'carries no test'],
    [
      'with a rule that ast-grep refuses',
      (t) => (t.match = { rule: { kind: 'no_such_kind' } }),
      'no rule that ast-grep takes',
    ],
    ['without exceptions', (t) => (t.exceptions = [{}]), 'needs types, a message or both'],
    ['with an unknown condition', (t) => (t.when = ['is-nice']), 'must be one of'],
    ['with a sure thing', (t) => (t.confidence = 1), 'must be below 1'],
    ['with a variable that nothing fills in', (t) => (t.fix = '($OJB or {}).get($KEY)'), 'uses $OJB'],
    ['with a misspelt key', (t) => (t.confidance = 1), 'confidance'],
  ])('%s is refused when it is read', (_, change, message) => {
    const { error } = own(change)
    expect(JSON.stringify(error?.issues)).toContain(message)
  })

  it('cannot take the id of another', () => {
    const document = parse(OWN) as { templates: unknown[] }
    const { error } = fixTemplatesSchema.safeParse({
      templates: [...document.templates, ...document.templates],
    })
    expect(error?.issues[0]).toMatchObject({ path: ['templates', 1, 'id'] })
  })

  it('whose test does not hold is named with what it gives instead', () => {
    const { data } = own((t) => (t.fix = 'None'))
    expect(checkTemplates(data ?? [])).toEqual([
      {
        templateId: 'own-guard',
        test: 0,
        message: 'gives\nx = None\ninstead of\nx = (a or {}).get("k")\n: correct the fix, or the test',
      },
    ])
  })
})
