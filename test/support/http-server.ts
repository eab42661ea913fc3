import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** `null` never answers. */
export type Answered = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
} | null

/** An HTTP server on a free port of this machine that writes down what it is asked; strings are sent as they are. */
export async function httpServer(answer: (asked: Asked) => Answered) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', headers } = request
      const one = { method, url: new URL(request.url ?? '/', 'http://localhost'), headers, body }
      asked.push(one)
      const given = answer(one)
      if (given === null) return
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers })
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
