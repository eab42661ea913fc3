import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { CcpError } from '../../pipeline/errors.ts'
import { MIGRATIONS, SCHEMA, SCHEMA_VERSION } from './schema.ts'

/**
 * D1  WAL with `synchronous = FULL`, asserted at every open: a reopened database falls back to NORMAL.
 * D2  One writing process: it holds an exclusive lock on a file beside the database for as long as it lives.
 */
export interface JournalDatabase {
  readonly db: Database.Database
  close(): void
}

/** Opens the journal for writing, creating or migrating it. Throws `conflict` if another process writes to it. */
export function openDatabase(path: string): JournalDatabase {
  mkdirSync(dirname(path), { recursive: true })
  const lock = holdWriterLock(`${path}-writer`)
  try {
    const db = new Database(path)
    configure(db)
    migrate(db, path)
    return { db, close: () => (db.close(), lock.close()) }
  } catch (error) {
    lock.close()
    throw unreadable(path, error)
  }
}

/** Opens an existing journal for reading beside a running bot. Throws `not-found` if there is none. */
export function openForReading(path: string): JournalDatabase {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    requireSchema(db, path)
    return { db, close: () => db.close() }
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_CANTOPEN') {
      throw new CcpError('not-found', `there is no journal at ${path}`, {
        mend: 'start the bot once, or name the right file with --database or CCP_DATABASE',
        cause: error,
      })
    }
    throw unreadable(path, error)
  }
}

function requireSchema(db: Database.Database, path: string): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found === SCHEMA_VERSION) return
  db.close()
  throw new CcpError(
    'bad-config',
    `${path} is not a journal of this version (schema ${found}, this knows ${SCHEMA_VERSION})`,
    {
      mend: 'name the right file with --database or CCP_DATABASE, or let the bot of this version migrate it',
    },
  )
}

function configure(db: Database.Database): void {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('busy_timeout = 5000')
  if (db.pragma('synchronous', { simple: true }) !== 2) {
    throw new CcpError(
      'internal',
      'SQLite does not run with synchronous = FULL; the journal would not be durable',
    ) // D1
  }
}

function holdWriterLock(path: string): Database.Database {
  const lock = new Database(path)
  try {
    lock.pragma('busy_timeout = 0')
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE') // D2: the kernel frees it however the process ends
    return lock
  } catch (error) {
    lock.close()
    throw new CcpError('conflict', `another ccp process is writing to this journal (${path} is locked)`, {
      mend: 'stop the other process, or give this one its own CCP_DATABASE',
      cause: error,
    })
  }
}

function migrate(db: Database.Database, path: string): void {
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > SCHEMA_VERSION) {
    throw new CcpError(
      'bad-config',
      `${path} was written by a newer version (schema ${found}, this knows ${SCHEMA_VERSION})`,
      {
        mend: 'run the newer version, or name another database',
      },
    )
  }
  if (found === SCHEMA_VERSION) return
  db.transaction(() => {
    if (found === 0) db.exec(SCHEMA)
    else for (let version = found; version < SCHEMA_VERSION; version += 1) db.exec(MIGRATIONS[version] ?? '')
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  })()
}

function unreadable(path: string, error: unknown): CcpError {
  if (error instanceof CcpError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new CcpError('corrupt', `the journal at ${path} cannot be opened: ${reason}`, {
    mend: 'restore it from a backup, or name another file with CCP_DATABASE',
    cause: error,
  })
}
