import neo4j, { type Integer } from 'neo4j-driver'
import { CcpError } from '../../pipeline/errors.ts'
import type { Bounds, KnownTopology, ServiceGraph } from '../../pipeline/rca/ports.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import {
  byNames,
  distinctCalls,
  MOST_CALLS,
  MOST_HOPS,
  type KnownCall,
  type SeenCall,
} from '../../pipeline/signals/service-graph.ts'
import { callRows, knownCall, type CallRow, type StoredCall } from './call-rows.ts'
import type { Neo4jSettings } from './connect-neo4j.ts'
import { Neo4jDatabase } from './neo4j-database.ts'
import {
  ADD,
  CALLS,
  COUNT,
  DECLARE,
  DECLARED_SERVICES,
  FORGET,
  IS_SERVICE,
  reach,
  SCHEMA,
  shortestWays,
  UPDATE,
} from './queries.ts'

export interface Neo4jGraphOptions extends Neo4jSettings {
  readonly services: readonly Pick<ServiceDefinition, 'name' | 'dependsOn'>[]
  /** Observations older than this are forgotten; declared calls stay. */
  readonly forgetAfterMs: number
  readonly mostCalls?: number
  /** For a look at what the bot has written: neither schema nor services.yaml is, and `observe` is refused. */
  readonly readOnly?: boolean
  nowMs(): number
}

/** Rows sent at once: a transaction of this size is quick and its memory small. */
const BATCH = 1_000

/** The service graph in Neo4j. Schema and services.yaml are written before the first question. */
export class Neo4jGraph implements ServiceGraph {
  readonly #options: Neo4jGraphOptions
  readonly #database: Neo4jDatabase

  constructor(options: Neo4jGraphOptions) {
    this.#options = options
    this.#database = new Neo4jDatabase(options, async (database) => {
      if (options.readOnly !== true) await prepare(database, options.services)
    })
  }

  async topology(): Promise<KnownTopology> {
    const [calls, declared] = await Promise.all([
      this.calls(),
      this.#database.read<{ name: string }>(DECLARED_SERVICES, {}),
    ])
    const edges = calls.map(({ caller, callee }) => [caller, callee] as const)
    return { nodes: [...new Set([...declared.map(({ name }) => name), ...edges.flat()])].sort(), edges }
  }

  async observe(calls: readonly SeenCall[]): Promise<void> {
    if (this.#options.readOnly === true)
      throw new CcpError('internal', 'the service graph was opened for reading alone')
    const oldestMs = this.#options.nowMs() - this.#options.forgetAfterMs
    const rows = callRows(distinctCalls(calls.filter(({ atMs }) => atMs >= oldestMs)))
    // Before the new ones come, so that what is over takes none of their room.
    await this.#database.write(async (tx) => void (await tx.run(FORGET, { oldestMs: neo4j.int(oldestMs) })))
    for (let at = 0; at < rows.length; at += BATCH) await this.#write(rows.slice(at, at + BATCH))
  }

  async calls(): Promise<readonly KnownCall[]> {
    const oldestMs = this.#oldestMs()
    const stored = await this.#database.read<StoredCall>(CALLS, { oldestMs })
    return stored
      .map((row) => knownCall(row, oldestMs.toNumber()))
      .sort((a, b) => byNames([a.caller, a.callee], [b.caller, b.callee]))
  }

  dependentsOf(service: string, bounds: Bounds = {}): Promise<readonly string[]> {
    return this.#reach('callers', service, bounds)
  }

  dependenciesOf(service: string, bounds: Bounds = {}): Promise<readonly string[]> {
    return this.#reach('callees', service, bounds)
  }

  async waysBetween(
    caller: string,
    callee: string,
    { hops = MOST_HOPS, most = 20 }: Bounds = {},
  ): Promise<readonly (readonly string[])[]> {
    await Promise.all([this.#mustKnow(caller), this.#mustKnow(callee)])
    if (caller === callee || hops < 1) return []
    const found = await this.#database.read<{ way: readonly string[] }>(
      shortestWays(Math.min(hops, MOST_HOPS)),
      { caller, callee, most, oldestMs: this.#oldestMs() },
    )
    return found.map(({ way }) => way)
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  async #reach(
    direction: 'callers' | 'callees',
    service: string,
    { hops = MOST_HOPS, most = Infinity }: Bounds,
  ): Promise<readonly string[]> {
    await this.#mustKnow(service)
    if (hops < 1) return []
    const found = await this.#database.read<{ name: string; hops: number }>(
      reach(direction, Math.min(hops, MOST_HOPS)),
      { name: service, oldestMs: this.#oldestMs() },
    )
    return found
      .filter(({ name }) => name !== service)
      .sort((a, b) => a.hops - b.hops || byNames([a.name], [b.name]))
      .slice(0, most)
      .map(({ name }) => name)
  }

  async #mustKnow(name: string): Promise<void> {
    const oldestMs = this.#oldestMs()
    const [answer] = await this.#database.read<{ known: boolean | null }>(IS_SERVICE, { name, oldestMs })
    if (answer?.known === true) return
    throw new CcpError('not-found', `the service graph knows no service "${name}"`, {
      mend: 'name it in config/services.yaml',
    })
  }

  #write(rows: readonly CallRow[]): Promise<void> {
    const mostCalls = this.#options.mostCalls ?? MOST_CALLS
    return this.#database.write(async (tx) => {
      const { records } = await tx.run<{ caller: string; callee: string }>(UPDATE, { calls: rows })
      const there = new Set(records.map((record) => `${record.get('caller')}\n${record.get('callee')}`))
      const added = rows.filter(({ caller, callee }) => !there.has(`${caller}\n${callee}`))
      if (added.length === 0) return
      const counted = await tx.run<{ calls: number }>(COUNT)
      const room = Math.max(0, mostCalls - (counted.records[0]?.get('calls') ?? 0))
      await tx.run(ADD, { calls: added.slice(0, room) })
    })
  }

  #oldestMs(): Integer {
    return neo4j.int(this.#options.nowMs() - this.#options.forgetAfterMs)
  }
}

async function prepare(database: Neo4jDatabase, services: Neo4jGraphOptions['services']): Promise<void> {
  for (const statement of SCHEMA) await database.schema(statement)
  const calls = services.flatMap(({ name, dependsOn }) =>
    dependsOn.filter((callee) => callee !== name).map((callee) => ({ caller: name, callee })),
  )
  const names = [...new Set(services.flatMap(({ name, dependsOn }) => [name, ...dependsOn]))]
  await database.transaction(async (tx) => {
    for (const statement of DECLARE) await tx.run(statement, { names, calls })
  })
}
