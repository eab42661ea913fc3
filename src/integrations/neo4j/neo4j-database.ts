import type { Driver, ManagedTransaction, RecordShape } from 'neo4j-driver'
import { connectNeo4j, type Neo4jSettings } from './connect-neo4j.ts'
import { neo4jFault } from './neo4j-fault.ts'

const READ_TIMEOUT_MS = 2_500
const WRITE_TIMEOUT_MS = 20_000
const METADATA = { app: 'ccp' }

type Parameters = Readonly<Record<string, unknown>>

/**
 * One database on one server: every statement with a limit on the server's side, and every fault a CcpError. `prepare` runs before
 * the first statement, and again after an outage, so that a server which is down at the start is no fault of the start.
 */
export class Neo4jDatabase {
  readonly #settings: Neo4jSettings
  readonly #driver: Driver
  readonly #prepare: (database: Neo4jDatabase) => Promise<void>
  #prepared: Promise<void> | null = null
  /** One write after the other: two batches that name the same services would wait for each other's locks. */
  #writing: Promise<unknown> = Promise.resolve()

  constructor(settings: Neo4jSettings, prepare: (database: Neo4jDatabase) => Promise<void>) {
    this.#settings = settings
    this.#driver = connectNeo4j(settings)
    this.#prepare = prepare
  }

  async read<R extends RecordShape>(query: string, parameters: Parameters): Promise<readonly R[]> {
    return this.#whenPrepared(() => this.#query<R>(query, parameters, 'READ'))
  }

  /** Repeated by the driver where another transaction was in the way. */
  write(work: (tx: ManagedTransaction) => Promise<void>): Promise<void> {
    const write = this.#writing.then(() => this.#whenPrepared(() => this.transaction(work)))
    this.#writing = write.catch(() => undefined)
    return write
  }

  /** For `prepare` alone. */
  async schema(statement: string): Promise<void> {
    await this.#query(statement, {}, 'WRITE')
  }

  /** For `prepare` alone. */
  async transaction(work: (tx: ManagedTransaction) => Promise<void>): Promise<void> {
    const session = this.#driver.session(this.#database())
    try {
      await session.executeWrite(work, { timeout: WRITE_TIMEOUT_MS, metadata: METADATA })
    } finally {
      await session.close()
    }
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#driver.close()
  }

  /** Not repeated: whoever waits for the answer has a graph of its own to fall back on. */
  async #query<R extends RecordShape>(
    query: string,
    parameters: Parameters,
    defaultAccessMode: 'READ' | 'WRITE',
  ): Promise<readonly R[]> {
    const timeout = defaultAccessMode === 'READ' ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS
    const session = this.#driver.session({ ...this.#database(), defaultAccessMode })
    try {
      const { records } = await session.run<R>(query, parameters, { timeout, metadata: METADATA })
      return records.map((record) => record.toObject() as R)
    } finally {
      await session.close()
    }
  }

  async #whenPrepared<T>(work: () => Promise<T>): Promise<T> {
    try {
      await (this.#prepared ??= this.#prepare(this))
      return await work()
    } catch (thrown) {
      const fault = neo4jFault(thrown, this.#settings.url)
      // It may come back as another server, or with its data gone.
      if (fault.code !== 'timeout') this.#prepared = null
      throw fault
    }
  }

  #database(): { readonly database?: string } {
    return this.#settings.database === null ? {} : { database: this.#settings.database }
  }
}
