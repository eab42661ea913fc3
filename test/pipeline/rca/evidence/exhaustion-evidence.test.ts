import { describe, expect, it } from 'vitest'
import { exhaustions } from '../../../../src/pipeline/rca/evidence/exhaustion-evidence.ts'
import { logLine, NOW } from '../builders.ts'

const ONSET = NOW - 60
const trace = (service: string, error: string, times: number, secondsBefore = 30) =>
  Array.from({ length: times }, (_, k) => [
    logLine(service, secondsBefore - k / 10, `ERROR request failed error="${error}"`),
    logLine(service, secondsBefore - k / 10, 'Traceback (most recent call last):'),
    logLine(service, secondsBefore - k / 10, '  File "/srv/inventory/shelves.py", line 10, in closed'),
    logLine(service, secondsBefore - k / 10, error),
  ]).flat()
const FULL = "OSError: [Errno 24] Too many open files: 'closed.txt'"

describe('what a service says that it has run out of', () => {
  it('is what its own exceptions name, more often than before', () => {
    expect(exhaustions(trace('inventory', FULL, 5), ONSET).get('inventory')?.resource).toBe('open files')
    const before = trace('inventory', FULL, 40, 300)
    expect(exhaustions([...before, ...trace('inventory', FULL, 5)], ONSET).size).toBe(0)
  })

  it('is not what it only tells of somebody else', () => {
    const told = Array.from({ length: 9 }, (_, k) =>
      logLine('checkout', 30 - k, 'WARN inventory answered 500: [Errno 24] Too many open files'),
    )
    expect(exhaustions(told, ONSET).size).toBe(0)
  })

  it('is not a pool of connections, which those run out of who wait for something slow', () => {
    const pool = 'TimeoutError: QueuePool limit of size 5 overflow 10 reached'
    expect(exhaustions(trace('payment', pool, 9), ONSET).size).toBe(0)
  })

  it('is nothing after a single line', () => {
    expect(exhaustions(trace('inventory', 'MemoryError', 1), ONSET).size).toBe(0)
  })
})
