import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { Neo4jGraph } from '../../../src/integrations/neo4j/neo4j-graph.ts'
import type { CcpError } from '../../../src/pipeline/errors.ts'

/** What the contract and the faults of a real server are is tested with one: test/services. */
it('says where nobody answers, without the password', async () => {
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  await once(nobody, 'close')
  const graph = new Neo4jGraph({
    url: `bolt://127.0.0.1:${port}`,
    user: 'neo4j',
    password: 'a-secret',
    database: null,
    caFile: null,
    services: [],
    forgetAfterMs: 1000,
    nowMs: () => 0,
  })
  const fault = await graph.topology().then(
    () => expect.fail('it answered'),
    (error: CcpError) => error,
  )
  expect(fault).toMatchObject({
    code: 'unavailable',
    message: `Neo4j at bolt://127.0.0.1:${port} cannot be reached`,
    mend: expect.stringContaining('NEO4J_URL'),
  })
  expect(JSON.stringify(fault)).not.toContain('a-secret')
  await graph.close()
})
