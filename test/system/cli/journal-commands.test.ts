import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/integrations/sqlite/audit-log.ts'
import { createJournal } from '../../../src/integrations/sqlite/journal.ts'
import { openDatabase, openForReading } from '../../../src/integrations/sqlite/open-database.ts'
import type { MachineEvent } from '../../../src/pipeline/machine.ts'
import { happyPath, INCIDENT_ID } from '../../support/events.ts'
import { runCcp, temporaryFolder } from './run-ccp.ts'

/** A closed journal that holds one incident after these events. */
function journalWith(events: readonly MachineEvent[]): string {
  const path = join(temporaryFolder(), 'journal.sqlite')
  const { db, close } = openDatabase(path)
  const journal = createJournal(db, { timing: { observeEveryMs: 1, lockRetryMs: 1 }, leaseMs: 1 })
  for (const [index, event] of events.entries()) {
    const actor = { kind: 'machine', part: 'test' } as const
    journal.submit({ eventId: `e${index}`, incidentId: INCIDENT_ID, event, actor, atMs: 1_000 + index })
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  close()
  return path
}

interface Cell {
  readonly seq: number
  readonly offset: number
}

/** Where in the file the stored text of each audit row's hash begins. */
function cellsOf(path: string, bytes: Buffer): readonly Cell[] {
  const db = new Database(path, { readonly: true })
  const rows = db.prepare('SELECT seq, hash FROM audit ORDER BY seq').all() as { seq: number; hash: string }[]
  db.close()
  // The hash ends its own row and, as `prev_hash`, stands in the next: the first of the two in its row is what is looked for.
  return rows.map(({ seq, hash }) => ({ seq, offset: bytes.lastIndexOf(hash) }))
}

function altered(path: string, bytes: Buffer, offset: number): string {
  const copy = join(temporaryFolder(), 'copy.sqlite')
  copyFileSync(path, copy)
  const changed = Buffer.from(bytes)
  changed[offset] = (changed[offset] ?? 0) ^ 0x01
  writeFileSync(copy, changed)
  return copy
}

describe('ccp audit verify', () => {
  it('ends with 0 for a chain that holds, and prints its head', async () => {
    const path = journalWith(happyPath)
    const { code, stdout } = await runCcp(['audit', 'verify', '--database', path])
    expect(JSON.parse(stdout)).toMatchObject({
      rows: happyPath.length,
      valid: true,
      head: expect.stringMatching(/^[0-9a-f]{64}$/),
      firstBad: null,
    })
    expect(code).toBe(0)
  })

  it('ends with 1 and names the row when one byte of the file was changed', async () => {
    const path = journalWith(happyPath)
    const bytes = readFileSync(path)
    const cell = cellsOf(path, bytes)[6]
    if (cell === undefined) throw new Error('no row')
    const { code, stdout } = await runCcp([
      'audit',
      'verify',
      '--database',
      altered(path, bytes, cell.offset),
    ])
    const report = JSON.parse(stdout) as { valid: boolean; firstBad: { seq: number; why: string } }
    expect(report.valid).toBe(false)
    expect([cell.seq, cell.seq + 1]).toContain(report.firstBad.seq)
    expect(code).toBe(1)
  })

  it('finds any byte of any row in the file, or the byte was not part of the chain', () => {
    const path = journalWith(happyPath)
    const bytes = readFileSync(path)
    const { db, close } = openForReading(path)
    const chain = JSON.stringify(db.prepare('SELECT * FROM audit ORDER BY seq').all())
    const pages = db.prepare("SELECT pageno FROM dbstat WHERE name = 'audit'").pluck().all() as number[]
    const pageSize = db.pragma('page_size', { simple: true }) as number
    close()
    let found = 0
    for (const page of pages) {
      for (let offset = (page - 1) * pageSize; offset < page * pageSize; offset += 13) {
        const copy = altered(path, bytes, offset)
        const outcome = verified(copy)
        if (outcome.valid) expect(outcome.chain, `byte ${offset}`).toBe(chain)
        else found += 1
      }
    }
    expect(found).toBeGreaterThan(100)
  })

  it('ends with 2 and the mend where there is no journal', async () => {
    const { code, stderr } = await runCcp([
      'audit',
      'verify',
      '--database',
      join(temporaryFolder(), 'none.sqlite'),
    ])
    expect(code).toBe(2)
    expect(stderr).toMatch(/there is no journal at .*none\.sqlite\n {2}mend: .*--database/)
  })

  it('ends with 2 for a file that is no journal', async () => {
    const file = join(temporaryFolder(), 'notes.txt')
    writeFileSync(file, 'not a database, and long enough to be looked at as if it were one'.repeat(20))
    const { code, stderr } = await runCcp(['audit', 'verify'], { CCP_DATABASE: file })
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot be opened: file is not a database\n {2}mend: restore it/)
  })

  it('ends with 2 for a database of something else', async () => {
    const file = join(temporaryFolder(), 'other.sqlite')
    const other = new Database(file)
    other.exec('CREATE TABLE t (a)')
    other.close()
    const { code, stderr } = await runCcp(['incidents', '--database', file])
    expect(code).toBe(2)
    expect(stderr).toContain('is not a journal of this version')
  })
})

function verified(path: string): { valid: boolean; chain: string } {
  const { db, close } = openForReading(path)
  try {
    const { valid, firstBad } = verifyAudit(db)
    if (!valid) expect(firstBad?.seq).toEqual(expect.any(Number))
    return { valid, chain: valid ? JSON.stringify(db.prepare('SELECT * FROM audit ORDER BY seq').all()) : '' }
  } finally {
    close()
  }
}

describe('ccp audit show', () => {
  it('prints the rows of one incident, one JSON line each', async () => {
    const path = journalWith(happyPath)
    const { code, stdout } = await runCcp(['audit', 'show', INCIDENT_ID, '--database', path])
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; action: string })
    expect(rows.map(({ action }) => action)).toEqual(happyPath.map(({ kind }) => kind))
    expect(code).toBe(0)
    expect((await runCcp(['audit', 'show', 'pd-none', '--database', path])).stdout).toBe('')
  })
})

describe('ccp incidents', () => {
  it('prints nothing for a journal without any', async () => {
    const { code, stdout } = await runCcp(['incidents', '--database', journalWith([])])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  it('prints one line for one, and the whole record for its id', async () => {
    const path = journalWith(happyPath)
    const list = await runCcp(['incidents', '--database', path])
    expect(JSON.parse(list.stdout)).toMatchObject({
      incidentId: INCIDENT_ID,
      state: 'RESOLVED',
      cause: 'payment',
    })
    const one = await runCcp(['incidents', INCIDENT_ID, '--database', path])
    expect(JSON.parse(one.stdout)).toMatchObject({ state: 'RESOLVED', rollout: { phase: 'SUCCESS' } })
    expect([list.code, one.code]).toEqual([0, 0])
    expect((await runCcp(['incidents', '--open', '--database', path])).stdout).toBe('')
  })

  it('ends with 1 for an id that is not there', async () => {
    const { code, stdout } = await runCcp(['incidents', 'pd-none', '--database', journalWith(happyPath)])
    expect(JSON.parse(stdout)).toEqual({ incidentId: 'pd-none', found: false })
    expect(code).toBe(1)
  })
})
