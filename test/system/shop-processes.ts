import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { environmentOf, services, type ServiceName } from '../../demo/shop/services.ts'

export interface Running {
  readonly child: ChildProcess
  /** What the process has printed on standard output, a line each. */
  readonly lines: readonly string[]
  /** The next line, or the first of those already there, for which this is true. */
  readonly line: (wanted: (line: string) => boolean) => Promise<string>
  /** Sends SIGTERM and gives the exit code. */
  readonly stop: () => Promise<number | null>
}

/** Starts a program and follows its output. */
export function run(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Running {
  const [program = '', ...args] = argv
  const env = { PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1', ...options.env }
  const child = spawn(program, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const line = (wanted: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const known = lines.find(wanted)
      if (known !== undefined) return resolve(known)
      reader.on('line', (next) => wanted(next) && resolve(next))
      void exited.then(() => reject(new Error(`${argv.join(' ')} ended before it printed the line`)))
    })
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = (await exited) as [number | null]
    return code
  }
  return { child, lines, line, stop }
}

/** Starts a service in a checkout and waits until it listens. */
export async function startService(
  name: ServiceName,
  checkout: string,
  placement: { readonly version: string; readonly urlOf?: (service: ServiceName) => string },
): Promise<Running & { readonly url: string }> {
  const port = await freePort()
  const urlOf = placement.urlOf ?? (() => 'http://127.0.0.1:1')
  const env = environmentOf(name, { port, version: placement.version, urlOf })
  const running = run(services[name].startCommand, { cwd: checkout, env })
  await running.line((line) => line.includes('is listening'))
  return { ...running, url: `http://127.0.0.1:${port}` }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
