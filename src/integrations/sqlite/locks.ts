import type Database from 'better-sqlite3'
import type { LockStore } from '../../pipeline/ports.ts'

/**
 * L2  A lock is held until released or until its time is over; the same owner taking it again renews it.
 * L3  The blast radius is counted in the transaction that takes the locks.
 */
export function createLockStore(db: Database.Database): LockStore {
  const expire = db.prepare('DELETE FROM locks WHERE until_ms < ?')
  const take = db.prepare(
    'INSERT INTO locks (resource, owner, until_ms) VALUES (?,?,?) ON CONFLICT (resource) DO UPDATE SET until_ms = excluded.until_ms',
  )
  const others = db.prepare<[string], { owner: string; resource: string }>(
    'SELECT owner, resource FROM locks WHERE owner <> ? ORDER BY resource',
  )
  const drop = db.prepare('DELETE FROM locks WHERE owner = ?')
  const all = db.prepare<[], { owner: string; resource: string; untilMs: number }>(
    'SELECT owner, resource, until_ms AS untilMs FROM locks ORDER BY resource',
  )

  const acquire = db.transaction(
    (request: Parameters<LockStore['acquire']>[0]): ReturnType<LockStore['acquire']> => {
      expire.run(request.atMs) // L2
      const held = others.all(request.owner)
      const inTheWay = held.filter(({ resource }) => request.resources.includes(resource))
      const owners = new Set(held.map(({ owner }) => owner))
      if (inTheWay.length > 0) return { kind: 'busy', by: [...new Set(inTheWay.map(({ owner }) => owner))] }
      if (owners.size >= request.maxOperations) return { kind: 'busy', by: [...owners] } // L3
      for (const resource of request.resources)
        take.run(resource, request.owner, request.atMs + request.ttlMs)
      return { kind: 'acquired' }
    },
  )

  return {
    acquire: (request) => acquire.immediate(request),
    release: (owner) => void drop.run(owner),
    holders: () => all.all(),
  }
}
