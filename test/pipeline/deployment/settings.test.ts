import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { deploymentSchema } from '../../../src/config/schema/deployment.ts'
import { shipped } from './fixtures.ts'

const yaml = parse(
  readFileSync(new URL('../../../config/deployment.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>

describe('config/deployment.yaml', () => {
  it('is valid as shipped, in milliseconds', () => {
    expect(shipped.canary10.deadlineMs).toBe(1_200_000)
    expect(shipped.staleAfterMs).toBeGreaterThan(shipped.minBlockMs + shipped.observeEveryMs)
  })

  it.each([
    ['a duration without a unit', { observeEvery: '10' }, 'write a number and a unit'],
    [
      'a deadline before the soak ends',
      { canary10: { soak: '5m', deadline: '1m', minCanaryRequests: 20 } },
      'longer than soak',
    ],
    [
      'a step without traffic',
      { full: { soak: '1s', deadline: '1m', minCanaryRequests: 0 } },
      'without traffic',
    ],
    ['measurements that are stale before they are taken', { staleAfter: '1s' }, 'would be frozen'],
    ['an unknown key', { canary20: {} }, 'canary20'],
  ])('refuses %s and says what to do', (_, change, words) => {
    const result = deploymentSchema.safeParse({ ...yaml, ...change })
    expect(JSON.stringify(result.error?.issues)).toContain(words)
  })
})
