import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, type Listening, type Route } from '../../../src/integrations/http/listen.ts'

const servers: Listening[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const echo: Route = {
  method: 'POST',
  path: '/echo',
  handle: ({ headers, body }) => ({
    status: 202,
    body: { said: body.toString('utf8'), as: headers['content-type'] ?? null },
    headers: { 'x-echo': 'yes' },
  }),
}
const broken: Route = { method: 'GET', path: '/broken', handle: () => Promise.reject(new Error('no disk')) }

async function start(): Promise<string> {
  const server = await listen([echo, broken], '127.0.0.1', 0)
  servers.push(server)
  return server.url
}

/** What the server answers to bytes that no well-behaved client sends. */
function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString('utf8')))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

describe('the web server', () => {
  it('gives body and headers to the route of that path, query or not', async () => {
    const url = await start()
    const answer = await fetch(`${url}/echo?x=1`, {
      method: 'POST',
      body: 'hello',
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('x-echo')).toBe('yes')
    expect(await answer.json()).toEqual({ said: 'hello', as: 'text/plain' })
  })

  it('says what is not there, what is not taken and what failed', async () => {
    const url = await start()
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    expect((await fetch(`${url}/echo`)).status).toBe(405)
    const failed = await fetch(`${url}/broken`)
    expect(failed.status).toBe(500)
  })

  it('answers 413 to a body that is too large, and goes on', async () => {
    const url = await start()
    const answer = await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(2_000_000) })
    expect(answer.status).toBe(413)
    expect((await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(200_000) })).status).toBe(202)
  })

  it.each(['//', '/%zz', 'http://[', '*'])('survives a request for %s', async (target) => {
    const url = await start()
    expect(await raw(url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 40\d/,
    )
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
  })

  it('names the port that another program has', async () => {
    const url = await start()
    const port = Number(new URL(url).port)
    await expect(listen([], '127.0.0.1', port)).rejects.toMatchObject({
      code: 'conflict',
      message: `port ${port} on 127.0.0.1 is in use by another program`,
      mend: expect.stringContaining('CCP_PORT'),
    })
  })

  it('names an address that is not of this machine', async () => {
    await expect(listen([], '203.0.113.1', 0)).rejects.toMatchObject({
      code: 'bad-config',
      mend: expect.stringContaining('CCP_HOST'),
    })
  })
})
