import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CcpError } from '../../pipeline/errors.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import { identify, isAlive, MARKER, type ProcessIdentity } from './process-table.ts'
import type { ReleaseRecord } from './release-records.ts'

/** Passed on to releases; everything else in the bot's environment, its tokens above all, is not. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

export interface Launched {
  readonly identity: ProcessIdentity
  /** Null for a process that an earlier bot had started. */
  readonly child: ChildProcess | null
}

/** Starts the release detached, in a session of its own, its output in `logFile`: it outlives this process. */
export async function launch(
  record: ReleaseRecord,
  definition: ServiceDefinition,
  marker: string,
  logFile: string,
): Promise<Launched> {
  const [command, ...args] = definition.startCommand ?? []
  if (command === undefined) {
    throw new CcpError('bad-config', `${record.service} has no start command`, {
      mend: 'add startCommand to its entry in services.yaml',
    })
  }
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  try {
    const child = spawn(command, args, {
      cwd: record.directory,
      env: environmentOf(record, definition, marker),
      detached: true,
      stdio: ['ignore', log, log],
    })
    await spawned(child, record, command)
    child.unref()
    const identity = identify(child.pid ?? -1)
    if (identity === null) throw await ended(record, child, logFile, 0)
    return { identity, child }
  } finally {
    closeSync(log)
  }
}

function environmentOf(
  record: ReleaseRecord,
  definition: ServiceDefinition,
  marker: string,
): Record<string, string> {
  const inherited = PASSED_ON.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(inherited),
    ...definition.environment,
    PORT: String(record.port),
    SERVICE_VERSION: record.version,
    SERVICE_COMMIT: record.commit,
    ...(record.config === undefined ? {} : { CONFIG_FILE: record.config.file }),
    [MARKER]: marker,
  }
}

function spawned(child: ChildProcess, record: ReleaseRecord, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(
        new CcpError('bad-config', `cannot start ${record.service}@${record.version}: ${cause.message}`, {
          mend: `check its start command ("${command}") in services.yaml`,
          cause,
        }),
      ),
    )
  })
}

const POLL_MS = 40

/** Resolves when the release answers its health check; throws with the end of its log when it ends or never does. */
export async function untilHealthy(
  launched: Launched,
  record: ReleaseRecord,
  options: {
    readonly healthUrl: string
    readonly logFile: string
    readonly logOffset: number
    readonly timeoutMs: number
  },
): Promise<void> {
  const giveUp = performance.now() + options.timeoutMs
  for (;;) {
    if (!isAlive(launched.identity))
      throw await ended(record, launched.child, options.logFile, options.logOffset)
    const health = await askHealth(options.healthUrl, 2_000)
    if (health.healthy) return
    if (performance.now() > giveUp) {
      throw new CcpError(
        'unavailable',
        `${record.service}@${record.version} was started and did not get healthy in ${Math.round(options.timeoutMs / 1000)} s (${health.detail})${tailOf(options.logFile, options.logOffset)}`,
        { retryable: false },
      )
    }
    await sleep(POLL_MS)
  }
}

/** Asks a health check once. */
export async function askHealth(
  url: string,
  timeoutMs: number,
): Promise<{ readonly healthy: boolean; readonly detail: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' })
    await response.arrayBuffer()
    return { healthy: response.ok, detail: `${url} answered ${response.status}` }
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
    return { healthy: false, detail: `${url}: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
}

async function ended(
  record: ReleaseRecord,
  child: ChildProcess | null,
  logFile: string,
  offset: number,
): Promise<CcpError> {
  if (child !== null) await exit(child)
  const how =
    child !== null && child.signalCode !== null
      ? ` by ${child.signalCode}`
      : child !== null && child.exitCode !== null
        ? ` with code ${child.exitCode}`
        : ''
  return new CcpError(
    'unavailable',
    `${record.service}@${record.version} ended${how} before it was healthy${tailOf(logFile, offset)}`,
    { retryable: false },
  )
}

const EXIT_TOLD_MS = 1_000

/** The system's table of processes knows of an end before Node tells its code. */
async function exit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await once(child, 'exit', { signal: AbortSignal.timeout(EXIT_TOLD_MS) }).catch((thrown: unknown) => {
    if (!(thrown instanceof Error) || thrown.name !== 'AbortError') throw thrown
  })
}

const TAIL_LINES = 15
const TAIL_CHARACTERS = 2_000

/** The last lines that this run has written. */
function tailOf(logFile: string, offset: number): string {
  const written = existsSync(logFile) ? readFileSync(logFile).subarray(offset).toString('utf8').trimEnd() : ''
  if (written === '') return '; its log is empty'
  return `; its log ends:\n${written.split('\n').slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARACTERS)}`
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0
}

/** A port that is free now and that no release remembers as its own. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await anyPort()
    if (!taken.has(port)) return port
  }
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
