import { createServer, request, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startRouter, type RunningRouter } from '../../demo/shop/router/start-router.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  if ('closeAllConnections' in server) cleanups.push(() => server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const backend = (listener: RequestListener) => listening(createServer(listener))

async function started(): Promise<RunningRouter> {
  const router = await startRouter({ host: '127.0.0.1', adminPort: 0, services: { payment: { port: 0 } } })
  cleanups.push(() => router.stop(0))
  return router
}

const route = (router: RunningRouter, body: unknown, service = 'payment') =>
  fetch(`http://127.0.0.1:${router.adminPort}/routes/${service}`, {
    method: 'PUT',
    body: JSON.stringify(body),
  })

const charge = (router: RunningRouter, path = '/charge') =>
  fetch(`http://127.0.0.1:${router.ports['payment']}${path}`, { method: 'POST', body: '{"amount":1}' })

const metrics = (router: RunningRouter) =>
  fetch(`http://127.0.0.1:${router.adminPort}/metrics`).then((response) => response.text())

const all = (url: string, version = 'v1') => ({ backends: [{ version, url, weight: 100 }] })

describe('router', () => {
  it('splits the traffic by weight and says which version answered', async () => {
    const router = await started()
    const url = await backend((_request, response) => response.end('{}'))
    await route(router, {
      backends: [
        { version: 'v1', url, weight: 70 },
        { version: 'v2', url, weight: 30 },
      ],
    })
    const answers = await Promise.all(Array.from({ length: 100 }, () => charge(router)))
    const served = answers.map((answer) => answer.headers.get('x-served-by'))
    expect(served.filter((version) => version === 'v2')).toHaveLength(30)
    expect(await metrics(router)).toContain(
      'router_requests_total{service="payment",version="v2",code="200"} 30',
    )
    expect(await metrics(router)).toContain('router_backend_weight{service="payment",version="v2"} 30')
  })

  it('passes method, path, query, headers and body on, and the answer back', async () => {
    const router = await started()
    const url = await backend((incoming, response) => {
      let body = ''
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
      incoming.on('end', () => {
        response.writeHead(402, { 'x-own': 'kept' }).end(`${incoming.method} ${incoming.url} ${body}`)
      })
    })
    await route(router, all(url))
    const answer = await charge(router, '/charge?a=1')
    expect(answer.status).toBe(402)
    expect(answer.headers.get('x-own')).toBe('kept')
    expect(await answer.text()).toBe('POST /charge?a=1 {"amount":1}')
  })

  it('never lets the path of a request choose another host', async () => {
    const router = await started()
    const paths: unknown[] = []
    await route(
      router,
      all(await backend((incoming, response) => void response.end(paths.push(incoming.url).toString()))),
    )
    await new Promise<void>((resolve) => {
      const port = router.ports['payment']
      request({ port, path: '//127.0.0.2:1/charge' }, (response) =>
        response.resume().once('end', resolve),
      ).end()
    })
    expect(paths).toEqual(['//127.0.0.2:1/charge'])
  })

  it('streams a body that is too large to be kept', async () => {
    const router = await started()
    let received = 0
    const url = await backend((incoming, response) => {
      incoming.on('data', (chunk: Buffer) => (received += chunk.length))
      incoming.on('end', () => response.end('{}'))
    })
    await route(router, all(url))
    const body = Buffer.alloc(1_000_000, 'x')
    const answer = await fetch(`http://127.0.0.1:${router.ports['payment']}/`, { method: 'POST', body })
    expect([answer.status, received]).toEqual([200, body.length])
  })

  it('answers 502 for a version that cannot be reached and counts it under that version', async () => {
    const router = await started()
    await route(router, all('http://127.0.0.1:1', 'gone'))
    const answer = await charge(router)
    expect([answer.status, answer.headers.get('x-served-by')]).toEqual([502, 'gone'])
    expect(await metrics(router)).toContain(
      'router_requests_total{service="payment",version="gone",code="502"} 1',
    )
  })

  it('counts an answer that breaks off as 502', async () => {
    const router = await started()
    const url = await backend((_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half', () => response.destroy())
    })
    await route(router, all(url))
    await expect(charge(router).then((answer) => answer.text())).rejects.toThrow()
    expect(await metrics(router)).toContain(
      'router_requests_total{service="payment",version="v1",code="502"} 1',
    )
  })

  it('sends a request again when a kept connection was closed under it', async () => {
    const router = await started()
    let connections = 0
    const url = await listening(
      createTcpServer((socket) => {
        const isFirst = ++connections === 1
        let requests = 0
        cleanups.push(() => socket.destroy())
        socket.on('error', () => socket.destroy())
        socket.on('data', () => {
          requests++
          // The first connection answers once and is reset at its second request.
          if (isFirst && requests === 2) socket.resetAndDestroy()
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}')
        })
      }),
    )
    await route(router, all(url))
    expect((await charge(router)).status).toBe(200)
    expect((await charge(router)).status).toBe(200)
    expect(connections).toBe(2)
  })

  it('answers 503 while no version takes traffic', async () => {
    const router = await started()
    expect((await charge(router)).status).toBe(503)
  })

  it('answers 400 to weights that do not sum to 100, with the sum, and keeps its routes', async () => {
    const router = await started()
    const url = await backend((_request, response) => response.end('{}'))
    await route(router, all(url))
    const answer = await route(router, { backends: [{ version: 'v2', url, weight: 99 }] })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ error: 'backends: weights must sum to 100, they sum to 99' })
    const routes = await (await fetch(`http://127.0.0.1:${router.adminPort}/routes`)).json()
    const payment = { generation: 1, backends: [{ version: 'v1', url, weight: 100 }] }
    expect(routes).toEqual({ services: { payment } })
  })

  it('answers 409 to a change made for another generation, 404 to an unknown service, 400 to no JSON', async () => {
    const router = await started()
    const url = 'http://127.0.0.1:9001'
    expect((await route(router, { ...all(url), ifGeneration: 7 })).status).toBe(409)
    expect((await route(router, all(url), 'billing')).status).toBe(404)
    const admin = `http://127.0.0.1:${router.adminPort}/routes/payment`
    expect((await fetch(admin, { method: 'PUT', body: '{' })).status).toBe(400)
    expect((await fetch(admin, { method: 'DELETE' })).status).toBe(405)
  })

  it('says which port is in use and leaves none open', async () => {
    const { adminPort } = await started()
    const config = { host: '127.0.0.1', adminPort, services: { payment: { port: 0 } } }
    await expect(startRouter(config)).rejects.toThrow(`port ${adminPort} on 127.0.0.1 is in use`)
  })

  it('turns the asked share of requests away by itself, counted for no version, until it is mended', async () => {
    const router = await started()
    let reached = 0
    await route(router, all(await backend((_request, response) => void response.end(String(++reached)))))
    const disturb = (body: unknown, service = 'payment') =>
      fetch(`http://127.0.0.1:${router.adminPort}/faults/${service}`, {
        method: 'PUT',
        body: JSON.stringify(body),
      })
    expect((await disturb({ share: 0.25, status: 502 })).status).toBe(200)
    const answers = await Promise.all(Array.from({ length: 40 }, () => charge(router)))
    expect(answers.filter(({ status }) => status === 502)).toHaveLength(10)
    expect(reached).toBe(30)
    expect(await metrics(router)).toContain(
      'router_requests_total{service="payment",version="none",code="502"} 10',
    )
    await disturb({ share: 0 })
    const mended = await Promise.all(Array.from({ length: 20 }, () => charge(router)))
    expect(mended.every(({ status }) => status === 200)).toBe(true)
    expect((await disturb({ share: 2 })).status).toBe(400)
    expect((await disturb({ share: 0.5 }, 'fraud')).status).toBe(404)
  })
})
