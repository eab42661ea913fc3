import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startRouter } from '../../../demo/shop/router/start-router.ts'
import { RouterClient } from '../../../src/integrations/processes/router-client.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const backend = (version: string, weight: number) => ({
  version,
  url: `http://127.0.0.1:1/${version}`,
  weight,
})

async function router(): Promise<RouterClient> {
  const running = await startRouter({
    host: '127.0.0.1',
    adminPort: 0,
    services: { payment: { port: 0, backends: [backend('v1', 100)] } },
  })
  stops.push(() => running.stop(0))
  return new RouterClient(`http://127.0.0.1:${running.adminPort}/`)
}

/** A router that answers the n-th request as told. */
async function stub(answers: readonly (readonly [status: number, body: unknown])[]): Promise<RouterClient> {
  let asked = 0
  const server: Server = createServer((_, response) => {
    const [status, body] = answers[Math.min(asked, answers.length - 1)] ?? [500, {}]
    asked += 1
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => new Promise((resolve) => server.close(() => resolve())))
  return new RouterClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

describe('the router client', () => {
  it('replaces the backends, reads them back, and changes nothing when asked again', async () => {
    const client = await router()
    const wanted = [backend('v1', 90), backend('v2', 10)]
    await client.update('payment', () => wanted)
    const after = await client.routesOf('payment')
    expect(after.backends).toEqual(wanted)
    await client.update('payment', () => wanted.toReversed())
    expect((await client.routesOf('payment')).generation).toBe(after.generation)
  })

  it('starts again from the newest state when somebody else was faster', async () => {
    const before = { generation: 1, backends: [backend('v1', 100)] }
    const meanwhile = { generation: 2, backends: [backend('v1', 100), backend('v0', 0)] }
    const done = { generation: 3, backends: [backend('v1', 90), backend('v0', 0), backend('v2', 10)] }
    const client = await stub([
      [200, before],
      [409, { error: 'stale' }],
      [200, meanwhile],
      [200, done],
      [200, done],
    ])
    const seen: number[] = []
    await client.update('payment', (backends) => {
      seen.push(backends.length)
      return [backend('v1', 90), ...backends.filter((one) => one.version === 'v0'), backend('v2', 10)]
    })
    expect(seen).toEqual([1, 2])
  })

  it('does not believe a router that says yes and keeps the old routes', async () => {
    const old = { generation: 1, backends: [backend('v1', 100)] }
    const client = await stub([[200, old]])
    await expect(client.update('payment', () => [backend('v2', 100)])).rejects.toMatchObject({
      code: 'conflict',
      retryable: true,
    })
  })

  it('tells a service it does not know, a change it refuses, and a router that is gone apart', async () => {
    const client = await router()
    await expect(client.routesOf('billing')).rejects.toMatchObject({ code: 'not-found' })
    await expect(client.update('payment', () => [backend('v1', 90)])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('sum to 100'),
    })
    await expect(new RouterClient('http://127.0.0.1:1').routesOf('payment')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    await expect((await stub([[200, { nothing: 1 }]])).routesOf('payment')).rejects.toMatchObject({
      code: 'corrupt',
    })
  })
})
