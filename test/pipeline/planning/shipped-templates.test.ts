import { describe, expect, it } from 'vitest'
import { TEMPLATES } from './shipped.ts'
import { checkTemplates } from '../../../src/pipeline/planning/templates/check-templates.ts'

describe('the templates that ship with the program', () => {
  for (const template of TEMPLATES) {
    it(`${template.id}: its own tests hold`, () => {
      expect(checkTemplates([template]).map(({ test, message }) => `test ${test}: ${message}`)).toEqual([])
    })
  }
})
