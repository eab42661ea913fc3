import { describe, expect, it } from 'vitest'
import { TEMPLATES } from './shipped.ts'
import { checkTemplates } from '../../../src/pipeline/planning/templates/check-templates.ts'

describe('the templates that ship with the program', () => {
  const categories = [
    'null-check',
    'resource-leak',
    'timeout',
    'error-handling',
    'retry',
    'circuit-breaker',
  ] as const
  it.each(['python', 'javascript', 'typescript', 'java', 'go'] as const)(
    '%s: every category has one',
    (language) => {
      const covered = new Set(
        TEMPLATES.filter(({ languages }) => languages.includes(language)).map(({ category }) => category),
      )
      expect(categories.filter((category) => !covered.has(category))).toEqual([])
    },
  )

  it('ask of every retry and every breaker that the call may be repeated', () => {
    const repeating = TEMPLATES.filter(
      ({ category }) => category === 'retry' || category === 'circuit-breaker',
    )
    expect(repeating.filter(({ when }) => !when.includes('idempotent-call'))).toEqual([])
  })

  for (const template of TEMPLATES) {
    it(`${template.id}: its own tests hold`, () => {
      expect(checkTemplates([template]).map(({ test, message }) => `test ${test}: ${message}`)).toEqual([])
    })
  }
})
