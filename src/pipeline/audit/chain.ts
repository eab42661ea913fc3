import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * The audit chain: every row's hash covers all of its columns and the hash before it.
 *
 * K1  What is hashed is the stored text of `details`, never a re-parsed form.
 * K2  `seq` starts at 1 and has no gaps; the first row follows `GENESIS`.
 */
export const GENESIS = '0'.repeat(64)
const DOMAIN = 'ccp/audit/v1\n'

export interface AuditEntry {
  readonly atMs: number
  readonly incidentId: string
  /** `machine:<part>` or `person:<salted hash>`; who that is stands outside the chain. */
  readonly actor: string
  readonly action: string
  /** RFC 8785 JSON, without secrets or personal data. */
  readonly details: string
}

export interface AuditRow extends AuditEntry {
  readonly seq: number
  readonly prevHash: string
  readonly hash: string
}

/** SHA-256, hex, over the domain, the hash before and the RFC 8785 form of the row's columns. */
export function hashRow(row: Omit<AuditRow, 'hash'>): string {
  const { seq, atMs, incidentId, actor, action, details, prevHash } = row
  const columns = canonicalize({ seq, atMs, incidentId, actor, action, details }) ?? ''
  return createHash('sha256').update(DOMAIN).update(prevHash).update(columns).digest('hex')
}

/** The row that follows `head` (null for an empty chain). */
export function chainEntry(head: Pick<AuditRow, 'seq' | 'hash'> | null, entry: AuditEntry): AuditRow {
  const unhashed = { ...entry, seq: (head?.seq ?? 0) + 1, prevHash: head?.hash ?? GENESIS }
  return { ...unhashed, hash: hashRow(unhashed) }
}

export interface ChainReport {
  readonly rows: number
  readonly valid: boolean
  /** Hash of the last row, or of nothing at all (`GENESIS`). */
  readonly head: string
  /** The first row that does not hold, and what is wrong with it. */
  readonly firstBad: { readonly seq: number; readonly why: string } | null
}

/** Walks the chain once, in constant memory, and stops at the first row that does not hold. */
export function verifyChain(rows: Iterable<AuditRow>): ChainReport {
  let count = 0
  let head = GENESIS
  for (const row of rows) {
    const why = fault(row, count + 1, head)
    if (why !== null) return { rows: count, valid: false, head, firstBad: { seq: row.seq, why } }
    count += 1
    head = row.hash
  }
  return { rows: count, valid: true, head, firstBad: null }
}

function fault(row: AuditRow, expectedSeq: number, head: string): string | null {
  if (row.seq !== expectedSeq) return `row ${expectedSeq} is missing or out of order (found ${row.seq})` // K2
  if (row.prevHash !== head) return 'it does not follow the row before it'
  if (row.hash !== hashRow(row)) return 'its contents do not match its hash'
  return null
}
