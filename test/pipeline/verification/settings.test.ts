import { describe, expect, it } from 'vitest'
import { verificationSchema } from '../../../src/config/schema/verification.ts'
import { settings } from './fixtures.ts'

describe('config/verification.yaml', () => {
  it('is valid as shipped, with weights that keep the promise of alpha', () => {
    const sum = Object.values(settings.weights).reduce((total, weight) => total + weight, 0)
    expect(sum).toBeLessThanOrEqual(1)
    expect(settings.alpha).toBe(0.01)
  })

  it.each([
    ['weights above 1', { weights: { ...settings.weights, error_ratio: 0.9 } }, 'lower them'],
    ['no error ratio among what must pass', { mustPass: ['latency_p95'] }, 'error_ratio'],
    [
      'harm and no harm at the same odds',
      { errors: { ...settings.errors, noHarmOddsRatio: 2, harmOddsRatio: 2 } },
      'above harmOddsRatio',
    ],
    ['alpha in percent', { alpha: 1 }, '0.01'],
    ['a key that does not exist', { alhpa: 0.01 }, 'alhpa'],
  ])('refuses %s and says what to do', (_, change, words) => {
    const result = verificationSchema.safeParse({ ...settings, ...change })
    expect(result.success).toBe(false)
    expect(JSON.stringify(result.error?.issues)).toContain(words)
  })
})
