import type { Replay } from './regression-test.ts'
import { answersFirst } from '../signals/upstream-failure.ts'

/** A test file for node:test or Vitest that replays the request; it needs Node 20 or later and no package. */
export function nodeTest(
  replay: Replay,
  options: { readonly framework: 'node' | 'vitest'; readonly isTypeScript: boolean },
): string {
  const { framework, isTypeScript } = options
  const typed = (type: string): string => (isTypeScript ? `: ${type}` : '')
  const { input } = replay
  // fetch refuses a body there.
  const hasBody = !['GET', 'HEAD'].includes(input.method) && input.body !== null && input.body !== undefined
  const test = framework === 'node' ? "import { test } from 'node:test'" : "import { test } from 'vitest'"
  return `// Replays the request that failed in incident ${comment(replay.incidentId)}, ${comment(replay.exception)}.
import assert from 'node:assert/strict'
import { spawn${isTypeScript ? ', type ChildProcess' : ''} } from 'node:child_process'
import { once } from 'node:events'
import { createServer${isTypeScript ? ', type RequestListener, type Server' : ''} } from 'node:http'
${isTypeScript ? "import type { AddressInfo } from 'node:net'\n" : ''}import { fileURLToPath } from 'node:url'
${test}

const ROOT = fileURLToPath(new URL('${'../'.repeat(replay.depth) || './'}', import.meta.url))
const COMMAND${typed('string[]')} = ${JSON.stringify(replay.startCommand)}
const ENVIRONMENT${typed('Record<string, string>')} = ${json(replay.environment)}
const UPSTREAMS${typed('string[]')} = ${JSON.stringify(replay.upstreams)}
const HEALTH_PATH = ${json(replay.healthPath)}
const METHOD = ${json(input.method)}
const PATH = ${json(input.path)}
const BODY${typed('unknown')} = ${hasBody ? json(input.body) : 'undefined'}
// Answers of the stand-in before it is well: a status, or 0 for a connection that breaks.
const FAILURES${typed('number[]')} = ${JSON.stringify(answersFirst(replay.upstreamFailure))}

test('the request that failed is answered without a server error', { timeout: 40_000 }, async () => {
  const upstream = await listen((request, response) => {
    request.resume()
    const status = FAILURES.shift() ?? 200
    if (status === 0) request.socket.destroy()
    else response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  let service${typed('{ child: ChildProcess; port: number } | undefined')}
  try {
    service = await startService(\`http://127.0.0.1:\${portOf(upstream)}\`)
    const reply = await ask(service.port, METHOD, PATH, BODY)
    assert.ok(reply.status < 500, \`\${METHOD} \${PATH} was answered with \${reply.status}\`)
  } finally {
    if (service !== undefined) await stop(service.child)
    upstream.closeAllConnections()
    upstream.close()
  }
})

// Another process may take the free port before the service does: then it is started once more.
async function startService(stub${typed('string')}) {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const port = await freePort()
    const upstreams = Object.fromEntries(UPSTREAMS.map((name) => [name, stub]))
    const env${typed('NodeJS.ProcessEnv')} = { ...process.env, ...ENVIRONMENT, ...upstreams, PORT: String(port) }
    // The runner's own variables would make the service report its tests.
    delete env.NODE_TEST_CONTEXT
    delete env.NODE_OPTIONS
    const [program = '', ...parameters] = COMMAND
    const child = spawn(program === 'node' ? process.execPath : program, parameters, { cwd: ROOT, env, stdio: 'ignore' })
    child.on('error', () => undefined)
    if (await isHealthy(child, port)) return { child, port }
    await stop(child)
  }
  throw new Error('the service does not start')
}

async function isHealthy(child${typed('ChildProcess')}, port${typed('number')}) {
  const deadline = Date.now() + 12_000
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const reply = await ask(port, 'GET', HEALTH_PATH).catch(() => null)
    if (reply !== null && reply.status < 500) return child.exitCode === null
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

function ask(port${typed('number')}, method${typed('string')}, path${typed('string')}, body${isTypeScript ? '?: unknown' : ''}) {
  const content = body === undefined ? undefined : JSON.stringify(body)
  const headers = { 'content-type': 'application/json', connection: 'close' }
  return fetch(\`http://127.0.0.1:\${port}\${path}\`, {
    method,
    headers,
    body: content,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  })
}

async function stop(child${typed('ChildProcess')}) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 500)
  await ended
  clearTimeout(force)
}

async function listen(handler${typed('RequestListener')})${typed('Promise<Server>')} {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function freePort() {
  const probe = await listen(() => undefined)
  const port = portOf(probe)
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function portOf(server${typed('Server')}) {
  return ${isTypeScript ? '(server.address() as AddressInfo)' : 'server.address()'}.port
}
`
}

/** JSON is JavaScript, but for a key that would set the prototype, and line separators that old engines did not take. */
function json(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  const code = text.includes('"__proto__"') ? `JSON.parse(${JSON.stringify(text)})` : text
  return code.replace(/[\u2028\u2029]/g, (letter) => (letter === '\u2028' ? '\\u2028' : '\\u2029'))
}

function comment(value: string): string {
  return value.replace(/[^\w.:-]+/g, ' ').slice(0, 100)
}
