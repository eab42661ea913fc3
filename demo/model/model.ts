import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { answerSchema, contentOf, NOTHING, type Answer } from './answers.ts'
import { checkRequest, textOf, type CompletionRequest, type Refusal } from './completion-request.ts'

/*
 * A language model's server in the shape of OpenAI's: `POST /v1/chat/completions`. It knows nothing: it says what it was told
 * to say by `PUT /admin/answers` (a list, one for each question to come), and NONE to everything else. Prints one JSON line
 * with its port when it is ready, then one for each question; ends on SIGTERM.
 */
const option = { type: 'string' } as const
const { key = '', model = '' } = parseArgs({ options: { key: option, model: option } }).values
const answersSchema = z.array(answerSchema)

let script: Answer[] = []
let asked = 0

async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const checked = checkRequest(
    {
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: await text(request),
    },
    { key, model },
  )
  if (checked.kind === 'refused') return refuse(response, checked.refusal)
  asked += 1
  const answer = script.shift() ?? { kind: 'says', content: NOTHING }
  const content = contentOf(answer, checked.request.messages.map(textOf).join('\n'))
  send(response, 200, completion(checked.request, content))
  print({ kind: 'asked', question: asked, messages: checked.request.messages, answer: content })
}

function completion(request: CompletionRequest, content: string): unknown {
  const read = request.messages.reduce((sum, message) => sum + tokens(textOf(message)), 0)
  const written = tokens(content)
  const usage = { prompt_tokens: read, completion_tokens: written, total_tokens: read + written }
  const message = { role: 'assistant', content, refusal: null }
  return {
    id: `chatcmpl-${asked}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage,
  }
}

/** Four characters a token: near enough for a bill that nobody pays. */
function tokens(words: string): number {
  return Math.ceil(words.length / 4)
}

/** Forgets what is left of the answers before. */
async function follow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parsed = answersSchema.safeParse(JSON.parse(await text(request)))
  if (parsed.success) script = parsed.data
  send(
    response,
    parsed.success ? 200 : 400,
    parsed.success ? { answers: script.length } : parsed.error.issues,
  )
}

function refuse(response: ServerResponse, { status, ...error }: Refusal): void {
  send(response, status, { error: { ...error, type: 'invalid_request_error' } })
  print({ kind: 'refused', status, message: error.message })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const content = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
  })
  response.end(content)
}

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const server = createServer((request, response) => {
  const route = `${request.method} ${(request.url ?? '/').split('?', 1)[0]}`
  const handle =
    route === 'POST /v1/chat/completions' ? complete : route === 'PUT /admin/answers' ? follow : null
  if (handle === null) {
    request.resume()
    const message = `Invalid URL (${route})`
    return refuse(response, { status: 404, message, param: null, code: 'unknown_url' })
  }
  handle(request, response).catch((error: unknown) =>
    refuse(response, { status: 400, message: String(error), param: null, code: null }),
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  print({ kind: 'ready', port: typeof address === 'object' && address !== null ? address.port : 0 })
})
process.once('SIGTERM', () => process.exit(0))
