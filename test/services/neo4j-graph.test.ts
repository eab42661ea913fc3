import neo4j, { type Driver } from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Neo4jSettings } from '../../src/integrations/neo4j/connect-neo4j.ts'
import { connectNeo4j } from '../../src/integrations/neo4j/connect-neo4j.ts'
import { Neo4jGraph } from '../../src/integrations/neo4j/neo4j-graph.ts'
import { reach } from '../../src/integrations/neo4j/queries.ts'
import { InProcessTopology } from '../../src/integrations/topology/in-process-topology.ts'
import { LastKnownGraph } from '../../src/integrations/topology/last-known-graph.ts'
import type { CcpError } from '../../src/pipeline/errors.ts'
import type { SeenCall } from '../../src/pipeline/signals/service-graph.ts'
import { serviceGraphContract, type GraphSetup } from '../contracts/service-graph.ts'
import { startNeo4j, type Neo4jServer } from './neo4j-server.ts'
import { wireTo } from './wire.ts'

const SERVICES = [
  { name: 'gateway', dependsOn: ['payment'] },
  { name: 'payment', dependsOn: [] },
]
const SETUP: GraphSetup = { services: SERVICES, forgetAfterMs: 1000, nowMs: () => 10_000 }

const server = await startNeo4j()
if (server.kind === 'missing') {
  const title = `Neo4j [skipped without a server: ${server.why}]`
  if (process.env['CCP_REQUIRE_ALL'] === '1') throw new Error(`nothing may be skipped here: ${title}`)
  describe.skip(title, () => it('keeps the service graph', () => undefined))
} else describe('Neo4j', () => neo4jTests(server))

function neo4jTests(up: Extract<Neo4jServer, { kind: 'up' }>): void {
  const settings: Neo4jSettings = {
    url: `neo4j+s://localhost:${up.port}`,
    user: up.user,
    password: up.password,
    database: null,
    caFile: up.caFile,
  }
  let driver: Driver
  beforeAll(() => {
    driver = connectNeo4j(settings)
  })
  afterAll(async () => {
    await driver.close()
    await up.stop()
  })

  const empty = (): Promise<unknown> => driver.executeQuery('MATCH (n) DETACH DELETE n')
  const open = async (
    setup: Partial<GraphSetup> = {},
    other: Partial<Neo4jSettings> = {},
  ): Promise<Neo4jGraph> => new Neo4jGraph({ ...settings, ...SETUP, ...setup, ...other })

  serviceGraphContract('Neo4j', async (setup) => {
    await empty()
    return open(setup)
  })

  describe('what is kept', () => {
    it('is there for the next start, less what services.yaml no longer says', async () => {
      await empty()
      const before = await open()
      await before.observe([call('payment', 'ledger', 9_500)])
      await before.close()
      const after = await open({ services: [{ name: 'payment', dependsOn: ['bank'] }] })
      expect(await after.topology()).toEqual({
        nodes: ['bank', 'ledger', 'payment'],
        edges: [
          ['payment', 'bank'],
          ['payment', 'ledger'],
        ],
      })
      await after.close()
    })

    it('is shown to who opens it for reading alone, and stays as it is', async () => {
      await empty()
      const bot = await open()
      await bot.observe([call('payment', 'ledger', 9_500)])
      const before = await bot.calls()
      const reader = new Neo4jGraph({ ...settings, ...SETUP, services: [], readOnly: true })
      expect(await reader.calls()).toEqual(before)
      await expect(reader.observe([call('payment', 'bank', 9_500)])).rejects.toThrow('for reading alone')
      expect(await bot.calls()).toEqual(before)
      await reader.close()
      await bot.close()
    })

    it('is nothing to who opens an empty database for reading alone', async () => {
      await empty()
      const reader = new Neo4jGraph({ ...settings, ...SETUP, readOnly: true })
      expect(await reader.calls()).toEqual([])
      await reader.close()
    })

    it('leaves alone what others keep in the same database', async () => {
      await empty()
      await driver.executeQuery("CREATE (:Service {name: 'payment'})-[:CALLS]->(:Service {name: 'x'})")
      const graph = await open()
      await graph.observe([call('payment', 'ledger', 9_500)])
      const { records } = await driver.executeQuery('MATCH (s:Service)-[:CALLS]->() RETURN count(s) AS n')
      expect(records[0]?.get('n')).toBe(1)
      await graph.close()
    })

    it('is one service for each name, by a constraint, whoever writes at the same time', async () => {
      await empty()
      const graphs = await Promise.all([open(), open(), open()])
      const calls = Array.from({ length: 200 }, (_, i) => call(`caller-${i % 20}`, `callee-${i}`, 9_900))
      await Promise.all(graphs.map((graph) => graph.observe(calls)))
      const { records } = await driver.executeQuery(
        'MATCH (s:CcpService)-[c:CCP_CALLS]->() RETURN count(c) AS calls, count(DISTINCT s.name) AS callers, count(DISTINCT s) AS nodes',
      )
      expect(records[0]?.toObject()).toEqual({ calls: 201, callers: 21, nodes: 21 })
      const twice = driver.executeQuery("CREATE (:CcpService {name: 'gateway'})")
      await expect(twice).rejects.toMatchObject({
        code: expect.stringContaining('ConstraintValidationFailed'),
      })
      await Promise.all(graphs.map((graph) => graph.close()))
    })

    it('is reached by a plan that visits every service once', async () => {
      const { summary } = await driver.executeQuery(`EXPLAIN ${reach('callers', 16)}`, {
        name: 'payment',
        oldestMs: neo4j.int(0),
      })
      expect(operators(summary.plan)).toContainEqual(expect.stringMatching(/^VarLengthExpand\(Pruning,BFS/))
      expect(operators(summary.plan)).toContainEqual(expect.stringContaining('NodeUniqueIndexSeek'))
    })
  })

  describe('faults', () => {
    const faultOf = async (other: Partial<Neo4jSettings>): Promise<CcpError> => {
      const graph = await open({}, other)
      try {
        return await graph.topology().then(
          () => expect.fail('it answered'),
          (error: CcpError) => error,
        )
      } finally {
        await graph.close()
      }
    }

    it('names the settings to check where the password is wrong', async () => {
      expect(await faultOf({ password: 'not-the-password' })).toMatchObject({
        code: 'unauthorised',
        mend: expect.stringContaining('NEO4J_PASSWORD'),
      })
    })

    it('does not talk to a server whose certificate it cannot trust', async () => {
      expect(await faultOf({ caFile: null })).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('certificate'),
      })
    })

    it('does not talk to a server whose certificate is for another name', async () => {
      expect(await faultOf({ url: `bolt+s://127.0.0.1:${up.port}` })).toMatchObject({ code: 'unavailable' })
    })

    it('does not speak without TLS to a server that demands it', async () => {
      expect(await faultOf({ url: `bolt://localhost:${up.port}`, caFile: null })).toMatchObject({
        code: 'unavailable',
      })
    })

    it('says which database is not there', async () => {
      expect(await faultOf({ database: 'nowhere' })).toMatchObject({
        code: 'bad-config',
        mend: expect.stringContaining('NEO4J_DATABASE'),
      })
    })
  })

  describe('while it is down', () => {
    it('the last known graph answers and says so, and what was seen meanwhile is kept when it is back', async () => {
      await empty()
      const wire = await wireTo(up.port)
      const before = await open()
      await before.observe([call('payment', 'ledger', 9_500)]) // by an earlier run of the bot
      await before.close()
      const changes: (string | null)[] = []
      let nowMs = 10_000
      const clock = { ...SETUP, forgetAfterMs: 600_000, nowMs: () => nowMs }
      const graph = new LastKnownGraph({
        kept: await open(clock, { url: `bolt+s://localhost:${wire.port}` }),
        known: new InProcessTopology(clock),
        answerWithinMs: 5_000,
        readOverEveryMs: 1,
        onChange: (fault) => changes.push(fault?.code ?? null),
        nowMs: () => nowMs,
      })
      await graph.observe([call('gateway', 'search', 9_900)])
      expect(await graph.topology()).not.toHaveProperty('outdated')

      wire.cut()
      nowMs += 180_000
      await graph.observe([call('gateway', 'cache', nowMs)])
      const outdated = await graph.topology()
      expect(outdated.edges).toEqual([
        ['gateway', 'cache'],
        ['gateway', 'payment'],
        ['gateway', 'search'],
        ['payment', 'ledger'],
      ])
      expect(outdated.outdated).toBe(
        `Neo4j at bolt+s://localhost:${wire.port} cannot be reached; read last 3 minutes ago, and what was seen since is in it`,
      )
      expect(await graph.dependentsOf('ledger')).toEqual(['payment', 'gateway'])

      wire.mend()
      await graph.observe([call('gateway', 'cache', nowMs)])
      expect(await graph.topology()).toEqual({ nodes: outdated.nodes, edges: outdated.edges })
      expect(changes).toEqual(['unavailable', null])
      await graph.close()
      await wire.close()
    })
  })
}

function call(caller: string, callee: string, atMs: number): SeenCall {
  return { caller, callee, source: 'metrics', atMs }
}

interface Plan {
  readonly operatorType: string
  readonly children: readonly Plan[]
}

function operators(plan: Plan | false): readonly string[] {
  return plan === false ? [] : [plan.operatorType, ...plan.children.flatMap(operators)]
}
