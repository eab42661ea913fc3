import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentSchema, VARIABLES } from '../../src/config/schema/environment.ts'
import { envExample } from '../../scripts/write-env-example.ts'

describe('the environment', () => {
  it('is listed in .env.example as it is (mend: npm run docs)', () => {
    expect(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')).toBe(envExample())
  })

  it('has one schema entry for each variable, and the other way round', () => {
    expect(Object.keys(environmentSchema.shape).sort()).toEqual(VARIABLES.map(({ name }) => name).sort())
  })
})
