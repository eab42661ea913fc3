import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Child {
  /** The first line that the process printed, as JSON. */
  readonly ready: unknown
  readonly process: ChildProcess
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  /** SIGTERM, and SIGKILL after two seconds. */
  stop(): Promise<void>
}

const STOP_GRACE_MS = 2_000

/** Starts a Node script that prints one JSON line when it is ready. Rejects with its last words if it ends before. */
export async function startChild(
  script: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly logFile: string },
): Promise<Child> {
  const child = spawn(process.execPath, [script, ...args], {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(options.logFile, { flags: 'a' })
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => {
    log.write(chunk)
    said.push(chunk.toString('utf8'))
    if (said.length > 50) said.shift()
  })
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0))
  })
  const lines = createInterface({ input: child.stdout })
  const firstLine = new Promise<string>((resolve) => lines.once('line', resolve))
  lines.on('line', (line) => log.write(`${line}\n`))
  const first = await Promise.race([firstLine, exited.then((code) => ({ code }))])
  if (typeof first !== 'string')
    throw new Error(`${script} ended with ${first.code}: ${said.join('').trim()}`)
  return { ready: JSON.parse(first) as unknown, process: child, exited, stop: () => stop(child, exited) }
}

async function stop(child: ChildProcess, exited: Promise<number | string>): Promise<void> {
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS)
  await exited
  clearTimeout(force)
}
