import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/integrations/sqlite/audit-log.ts'
import { createJournal, releaseDeadClaims } from '../../../src/integrations/sqlite/journal.ts'
import {
  openDatabase,
  openForReading,
  type JournalDatabase,
} from '../../../src/integrations/sqlite/open-database.ts'
import type { MachineEvent } from '../../../src/pipeline/machine.ts'
import type { Journal } from '../../../src/pipeline/ports.ts'
import { diagnosis, happyPath, incident, INCIDENT_ID, vote } from '../../support/events.ts'

const options = { timing: { observeEveryMs: 1_000, lockRetryMs: 1_000 }, leaseMs: 1_000 }
const machine = { kind: 'machine', part: 'test' } as const

describe('the journal on SQLite', () => {
  let folder: string
  let database: JournalDatabase
  let journal: Journal

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-journal-'))
    database = openDatabase(join(folder, 'journal.sqlite'))
    journal = createJournal(database.db, options)
  })

  afterEach(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const submit = (
    event: MachineEvent,
    eventId: string,
    actor: Parameters<Journal['submit']>[0]['actor'] = machine,
  ) => journal.submit({ eventId, incidentId: INCIDENT_ID, event, actor, atMs: 1_000 })

  function upTo(kind: MachineEvent['kind']): void {
    for (const [i, event] of happyPath.entries()) {
      submit(event, `e${i}`)
      if (event.kind === kind) return
    }
  }

  it('J1 keeps event, snapshot, audit row and command together', () => {
    expect(submit({ kind: 'opened', incident }, 'e1').kind).toBe('applied')
    expect(journal.record(INCIDENT_ID)).toMatchObject({ state: 'DIAGNOSING', version: 1 })
    expect(verifyAudit(database.db)).toMatchObject({ rows: 1, valid: true })
    expect(journal.claim('work', 2_000)).toMatchObject({
      kind: 'diagnose',
      epoch: 1,
      attempt: 1,
      interrupted: false,
    })
  })

  it('J1 writes nothing at all when the audit row cannot be written', () => {
    database.db.exec(
      "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    expect(() => submit({ kind: 'opened', incident }, 'e1')).toThrow('disk full')
    expect(journal.record(INCIDENT_ID)).toBeNull()
    expect(journal.claim('work', 2_000)).toBeNull()
    database.db.exec('DROP TRIGGER broken')
    expect(submit({ kind: 'opened', incident }, 'e1').kind).toBe('applied')
  })

  it('J3 takes one of fifty clicks', () => {
    upTo('gated')
    const results = Array.from({ length: 50 }, () => submit({ kind: 'voted', vote }, 'click:1'))
    expect(results.filter(({ kind }) => kind === 'applied')).toHaveLength(1)
    expect(journal.record(INCIDENT_ID)?.approval?.votes).toHaveLength(1)
  })

  it('J4 refuses the late finish of a claim that was taken over', () => {
    submit({ kind: 'opened', incident }, 'e1')
    const late = journal.claim('work', 2_000)
    const newer = journal.claim('work', 4_000)
    expect(newer).toMatchObject({ epoch: 2, attempt: 2, interrupted: true })
    if (late === null || newer === null) throw new Error('nothing was claimed')
    const event = { kind: 'diagnosed', diagnosis } as const
    expect(() => journal.finish(late, event, { atMs: 4_100, workMs: 5 })).toThrow('taken over')
    expect(() => journal.intend(late, {}, 4_100)).toThrow('taken over')
    expect(journal.finish(newer, event, { atMs: 4_200, workMs: 5 })?.kind).toBe('applied')
    expect(journal.record(INCIDENT_ID)).toMatchObject({ state: 'LOCALIZING', workMs: { rca: 5 } })
  })

  it('J5 gives out one command of an incident at a time', () => {
    upTo('gated')
    const first = journal.claim('notify', 2_000)
    expect(first?.kind).toBe('email-approvers')
    expect(journal.claim('notify', 2_000)).toBeNull()
  })

  it('gives out a timer only when it is due', () => {
    upTo('gated')
    const claimed = []
    for (;;) {
      const command = journal.claim('work', 2_000)
      if (command === null) break
      claimed.push(command.kind)
      journal.finish(command, null, { atMs: 2_000, workMs: 0 })
    }
    expect(claimed).not.toContain('expire-approval')
    expect(journal.claim('work', 1_802_001)?.kind).toBe('expire-approval')
  })

  it('holds the work of a paused incident and gives it out on resume', () => {
    submit({ kind: 'opened', incident }, 'e1')
    submit({ kind: 'paused', reason: 'wait' }, 'e2')
    expect(journal.claim('work', 2_000)).toBeNull()
    submit({ kind: 'resumed' }, 'e3')
    expect(journal.claim('work', 2_000)?.kind).toBe('diagnose')
  })

  it('gives back at once what a dead process had claimed', () => {
    submit({ kind: 'opened', incident }, 'e1')
    journal.claim('work', 2_000)
    database.close()
    database = openDatabase(join(folder, 'journal.sqlite'))
    releaseDeadClaims(database.db)
    journal = createJournal(database.db, options)
    expect(journal.claim('work', 2_001)).toMatchObject({ kind: 'diagnose', interrupted: true, attempt: 2 })
  })

  it('D1 runs with synchronous = FULL after every open', () => {
    expect(database.db.pragma('synchronous', { simple: true })).toBe(2)
    database.close()
    database = openDatabase(join(folder, 'journal.sqlite'))
    expect(database.db.pragma('synchronous', { simple: true })).toBe(2)
  })

  it('D2 refuses a second writer and says how to go on', () => {
    expect(() => openDatabase(join(folder, 'journal.sqlite'))).toThrow('another ccp process is writing')
  })

  it('lets a reader in beside the writer, and names a journal that is not there', () => {
    submit({ kind: 'opened', incident }, 'e1')
    const reader = openForReading(join(folder, 'journal.sqlite'))
    expect(verifyAudit(reader.db).rows).toBe(1)
    reader.close()
    expect(() => openForReading(join(folder, 'none.sqlite'))).toThrow('there is no journal at')
  })

  it('keeps people out of the chain and finds them again beside it', () => {
    upTo('gated')
    submit({ kind: 'voted', vote }, 'click:1', { kind: 'person', teamId: 'T1', userId: 'U1' })
    const row = database.db.prepare("SELECT actor, details FROM audit WHERE action = 'voted'").get() as {
      actor: string
      details: string
    }
    expect(row.actor).toMatch(/^person:[0-9a-f]{64}$/)
    expect(row.details).not.toContain('U1')
    const who = database.db.prepare('SELECT user_id FROM people WHERE hash = ?').get(row.actor.slice(7))
    expect(who).toEqual({ user_id: 'U1' })
  })

  it('refuses to change, remove or replace an audit row', () => {
    submit({ kind: 'opened', incident }, 'e1')
    const { db } = database
    expect(() => db.exec("UPDATE audit SET action = 'x'")).toThrow('append-only')
    expect(() => db.exec('DELETE FROM audit')).toThrow('append-only')
    expect(() =>
      db.exec(
        "INSERT OR REPLACE INTO audit SELECT seq, at_ms, incident_id, actor, 'x', details, prev_hash, hash FROM audit",
      ),
    ).toThrow('does not follow')
  })

  it('finds any one byte that was changed, and names the row', () => {
    upTo('rolloutFinished')
    const { db } = database
    db.exec('DROP TRIGGER audit_no_update')
    const rows = db.prepare('SELECT * FROM audit').all() as Record<string, string | number>[]
    for (const row of rows) {
      for (const column of ['at_ms', 'incident_id', 'actor', 'action', 'details', 'prev_hash', 'hash']) {
        const value = row[column] as string | number
        const changed =
          typeof value === 'number' ? value + 1 : `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}`
        db.prepare(`UPDATE audit SET ${column} = ? WHERE seq = ?`).run(changed, row.seq)
        expect(verifyAudit(db)).toMatchObject({ valid: false, firstBad: { seq: row.seq } })
        db.prepare(`UPDATE audit SET ${column} = ? WHERE seq = ?`).run(value, row.seq)
      }
    }
    expect(verifyAudit(db)).toMatchObject({ valid: true, rows: happyPath.length })
  })
})
