import { createHash, randomBytes } from 'node:crypto'
import type Database from 'better-sqlite3'
import canonicalize from 'canonicalize'
import {
  chainEntry,
  GENESIS,
  verifyChain,
  type AuditRow,
  type ChainReport,
} from '../../pipeline/audit/chain.ts'
import type { Actor } from '../../pipeline/contracts.ts'

interface StoredRow {
  seq: number
  at_ms: number
  incident_id: string
  actor: string
  action: string
  details: string
  prev_hash: string
  hash: string
}

/** Appends inside the caller's transaction. */
export interface AuditLog {
  append(entry: {
    readonly atMs: number
    readonly incidentId: string
    readonly actor: Actor
    readonly action: string
    readonly details: Readonly<Record<string, unknown>>
  }): void
}

export function createAuditLog(db: Database.Database): AuditLog {
  const salt = ensureSalt(db)
  const readHead = db.prepare<[], { seq: number; hash: string }>(
    'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
  )
  const insert = db.prepare(
    'INSERT INTO audit (seq, at_ms, incident_id, actor, action, details, prev_hash, hash) VALUES (?,?,?,?,?,?,?,?)',
  )
  const keepPerson = db.prepare('INSERT OR IGNORE INTO people (hash, team_id, user_id) VALUES (?,?,?)')

  function nameOf(actor: Actor): string {
    if (actor.kind === 'machine') return `machine:${actor.part}`
    const hash = createHash('sha256').update(`${salt}|${actor.teamId}|${actor.userId}`).digest('hex')
    keepPerson.run(hash, actor.teamId, actor.userId)
    return `person:${hash}`
  }

  return {
    append({ atMs, incidentId, actor, action, details }) {
      const text = canonicalize(details) ?? '{}'
      const entry = { atMs, incidentId, actor: nameOf(actor), action, details: text }
      const row = chainEntry(readHead.get() ?? null, entry)
      insert.run(
        row.seq,
        row.atMs,
        row.incidentId,
        row.actor,
        row.action,
        row.details,
        row.prevHash,
        row.hash,
      )
    },
  }
}

/** Walks the whole chain as it is stored. A row that SQLite itself cannot read any more does not hold either. */
export function verifyAudit(db: Database.Database): ChainReport {
  let read = 0
  function* counted(): Generator<AuditRow> {
    for (const row of auditRows(db)) {
      yield row
      read += 1
    }
  }
  try {
    return verifyChain(counted())
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message: string }
    if (code?.startsWith('SQLITE_CORRUPT') !== true) throw thrown
    return {
      rows: read,
      valid: false,
      head: GENESIS,
      firstBad: { seq: read + 1, why: `SQLite cannot read it: ${message}` },
    }
  }
}

/** All rows, oldest first, one at a time. */
export function* auditRows(db: Database.Database): Generator<AuditRow> {
  const rows = db.prepare<[], StoredRow>('SELECT * FROM audit ORDER BY seq').iterate()
  for (const row of rows) {
    const { seq, actor, action, details, hash } = row
    yield {
      seq,
      atMs: row.at_ms,
      incidentId: row.incident_id,
      actor,
      action,
      details,
      prevHash: row.prev_hash,
      hash,
    }
  }
}

/** The salt of the people's hashes, made once; a reader appends nothing and needs none. */
function ensureSalt(db: Database.Database): string {
  if (!db.readonly) {
    const fresh = randomBytes(16).toString('hex')
    db.prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)').run('actor-salt', fresh)
  }
  const row = db
    .prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
    .get('actor-salt')
  return row?.value ?? ''
}
