import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLockStore } from '../../../src/integrations/sqlite/locks.ts'
import { openDatabase, type JournalDatabase } from '../../../src/integrations/sqlite/open-database.ts'
import { resourcesOf } from '../../../src/pipeline/concurrency/conflicts.ts'
import type { LockStore } from '../../../src/pipeline/ports.ts'
import type { ServiceDefinition } from '../../../src/pipeline/services.ts'

const services = [
  { name: 'gateway', dependsOn: ['checkout'] },
  { name: 'checkout', dependsOn: ['payment', 'inventory'] },
  { name: 'payment', dependsOn: [] },
  { name: 'inventory', dependsOn: [] },
  { name: 'newsletter', dependsOn: [] },
] as unknown as readonly ServiceDefinition[]

describe('locks', () => {
  let folder: string
  let database: JournalDatabase
  let locks: LockStore

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-locks-'))
    database = openDatabase(join(folder, 'journal.sqlite'))
    locks = createLockStore(database.db)
  })
  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const acquire = (owner: string, resources: readonly string[], atMs = 0) =>
    locks.acquire({ owner, resources, maxOperations: 3, atMs, ttlMs: 1_000 })

  it('makes a service wait for the rollout of one that it calls', () => {
    expect(acquire('a', resourcesOf('payment', services)).kind).toBe('acquired')
    expect(acquire('b', resourcesOf('checkout', services))).toEqual({ kind: 'busy', by: ['a'] })
    locks.release('a')
    expect(acquire('b', resourcesOf('checkout', services)).kind).toBe('acquired')
  })

  it('lets services roll out together that share no call', () => {
    expect(acquire('a', resourcesOf('payment', services)).kind).toBe('acquired')
    expect(acquire('b', resourcesOf('newsletter', services)).kind).toBe('acquired')
  })

  it('locks everything for a service whose dependencies are unknown', () => {
    expect(resourcesOf('mystery', services)).toHaveLength(services.length)
  })

  it('takes all or none', () => {
    acquire('a', ['x'])
    expect(acquire('b', ['w', 'x']).kind).toBe('busy')
    expect(locks.holders().map(({ resource }) => resource)).toEqual(['x'])
  })

  it('L3 lets at most three operations run', () => {
    for (const owner of ['a', 'b', 'c']) expect(acquire(owner, [owner]).kind).toBe('acquired')
    expect(acquire('d', ['d'])).toEqual({ kind: 'busy', by: ['a', 'b', 'c'] })
  })

  it('L2 renews for the same owner and frees what has expired', () => {
    acquire('a', ['x'], 0)
    acquire('a', ['x'], 900)
    expect(acquire('b', ['x'], 1_500).kind).toBe('busy')
    expect(acquire('b', ['x'], 2_000).kind).toBe('acquired')
  })
})
