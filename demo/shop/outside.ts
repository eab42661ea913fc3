import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

/*
 * The companies that the shop calls, as one process: any path under /<company>/ is answered with what its behaviour says.
 * `PUT /admin/<company>` with a behaviour changes it. Prints one JSON line with its port when it is ready; ends on SIGTERM.
 */
const behaviourSchema = z.strictObject({
  /** How long an answer takes, milliseconds; of `slowRatio` of the requests. */
  delayMs: z.number().min(0).default(0),
  slowRatio: z.number().min(0).max(1).default(1),
  /** Share of requests answered 503. */
  failRatio: z.number().min(0).max(1).default(0),
  /** Body of a good answer. */
  body: z.unknown().default({}),
})
type Behaviour = z.infer<typeof behaviourSchema>

const WELL = behaviourSchema.parse({})
const behaviours = new Map<string, Behaviour>()
let seen = 0

/** Evenly spread, so that a short run sees the share that a long one does. */
function falls(share: number, turn: number): boolean {
  return Math.floor((turn + 1) * share) > Math.floor(turn * share)
}

async function admin(company: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const parsed = behaviourSchema.safeParse(text === '' ? {} : JSON.parse(text))
  if (parsed.success) behaviours.set(company, parsed.data)
  answer(response, parsed.success ? 200 : 400, parsed.success ? parsed.data : parsed.error.issues)
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function serve(company: string, request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const turn = seen++
  const { delayMs, slowRatio, failRatio, body } = behaviours.get(company) ?? WELL
  const reply = () =>
    falls(failRatio, turn)
      ? answer(response, 503, { error: 'temporarily unavailable' })
      : answer(response, 200, body)
  if (delayMs > 0 && falls(slowRatio, turn)) setTimeout(reply, delayMs)
  else reply()
}

const server = createServer((request, response) => {
  const [, first = '', second = ''] = (request.url ?? '/').split(/[/?]/)
  if (first !== 'admin') return serve(first, request, response)
  admin(second, request, response).catch((error: unknown) => answer(response, 400, { error: String(error) }))
})
server.keepAliveTimeout = 30_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  process.stdout.write(`${JSON.stringify({ kind: 'ready', port })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
