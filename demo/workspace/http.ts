import type { IncomingMessage, ServerResponse } from 'node:http'

/** One HTTP request with its body already read, and where the answer goes. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly method: string
  readonly body: Buffer
}

/** Answers true when the route took the exchange; false lets the next route look at it. */
export type Route = (exchange: Exchange) => Promise<boolean> | boolean

/** The largest body any route takes; Slack itself stops at far less for JSON, files are the exception. */
const maxBodyBytes = 64 * 1024 * 1024

/** Reads a whole request body. Throws `RangeError` past 64 MB so that a runaway client cannot fill memory. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBodyBytes) throw new RangeError(`request body larger than ${maxBodyBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Answers with JSON. A response that is already gone (the client hung up) is left alone. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(value))
}

/** Answers with plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

/** The value of one header, the first where several were sent. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()]
  return Array.isArray(value) ? value[0] : value
}

/** Parses a JSON object body; undefined when it is not one. */
export function jsonObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    // Not JSON: the caller owns the status and the sentence that go with it.
    return undefined
  }
}
