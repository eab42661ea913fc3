import { spawn, type ChildProcess } from 'node:child_process'
import type { SandboxLimits, SandboxRun } from '../../pipeline/gates/ports.ts'
import { usageOf } from './watch-processes.ts'

export interface LimitedCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly limits: SandboxLimits
  /** Whether the process leads a group of its own, which is killed as one. */
  readonly ownGroup: boolean
}

type Stop = { readonly by: 'wall-time' | 'memory' | 'processes' | 'output'; readonly detail: string }

const WATCH_EVERY_MS = 100
/** The sandbox's own processes, which the limit is not about. */
const OVERHEAD = 6
const KEPT_HALF = 2 * 1024 * 1024

/** Runs a command under limits on time, memory, processes and output together; kills it when it goes past one. */
export async function runLimited(command: LimitedCommand): Promise<SandboxRun> {
  const startedMs = performance.now()
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: { ...command.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: command.ownGroup,
  })
  let stop: Stop | null = null
  const halt = (reason: Stop): void => {
    stop ??= reason
    kill(child, command.ownGroup)
  }
  const output = collect(child, command.limits, halt)
  const release = watch(child, command.limits, halt)
  const ended = await exitOf(child)
  release()
  kill(child, command.ownGroup)
  const [stdout, stderr] = [output.stdout(), output.stderr()]
  const durationMs = Math.round(performance.now() - startedMs)
  if (ended.kind === 'error')
    return {
      kind: 'unavailable',
      reason: `${command.program} cannot be started: ${ended.message}`,
      mend: `install ${command.program}`,
    }
  if (stop !== null) return { kind: 'stopped', ...(stop as Stop), stdout, stderr, durationMs }
  return { kind: 'exited', exitCode: ended.exitCode, stdout, stderr, durationMs }
}

/** The sandbox's parent takes everything inside with it; a group is killed as one. */
function kill(child: ChildProcess, ownGroup: boolean): void {
  if (!ownGroup || child.pid === undefined) {
    child.kill('SIGKILL')
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (thrown) {
    // ESRCH: the whole group has ended already, which is what was asked for.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

function exitOf(
  child: ChildProcess,
): Promise<{ kind: 'exit'; exitCode: number } | { kind: 'error'; message: string }> {
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ kind: 'error', message }))
    // A process left behind may hold the pipes open: the exit of the command itself is what counts.
    child.on('exit', (code, signal) => {
      const done = () => resolve({ kind: 'exit', exitCode: code ?? 128 + (signal === null ? 0 : 9) })
      const timer = setTimeout(done, 200)
      child.on('close', () => {
        clearTimeout(timer)
        done()
      })
    })
  })
}

interface Collected {
  stdout(): string
  stderr(): string
}

function collect(child: ChildProcess, limits: SandboxLimits, halt: (reason: Stop) => void): Collected {
  let bytes = 0
  const take = (text: HeadAndTail) => (chunk: Buffer) => {
    bytes += chunk.length
    text.add(chunk)
    if (bytes > limits.outputKiB * 1024)
      halt({ by: 'output', detail: `it printed more than ${limits.outputKiB} KiB` })
  }
  const [stdout, stderr] = [new HeadAndTail(), new HeadAndTail()]
  child.stdout?.on('data', take(stdout))
  child.stderr?.on('data', take(stderr))
  return { stdout: () => stdout.text(), stderr: () => stderr.text() }
}

/** Keeps the beginning and the end of what is too long. */
class HeadAndTail {
  #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0

  add(chunk: Buffer): void {
    if (this.#headBytes < KEPT_HALF) {
      this.#head.push(chunk)
      this.#headBytes += chunk.length
      return
    }
    this.#tail.push(chunk)
    this.#tailBytes += chunk.length
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) > KEPT_HALF)
      this.#tailBytes -= this.#tail.shift()?.length ?? 0
  }

  text(): string {
    return Buffer.concat([...this.#head, ...this.#tail]).toString('utf8')
  }
}

function watch(child: ChildProcess, limits: SandboxLimits, halt: (reason: Stop) => void): () => void {
  const deadline = setTimeout(() => {
    halt({ by: 'wall-time', detail: `it took longer than ${limits.wallMs} ms` })
  }, limits.wallMs)
  let looking = false
  const timer = setInterval(() => {
    if (looking || child.pid === undefined) return
    looking = true
    void look(child.pid, limits, halt).finally(() => {
      looking = false
    })
  }, WATCH_EVERY_MS)
  return () => {
    clearTimeout(deadline)
    clearInterval(timer)
  }
}

async function look(pid: number, limits: SandboxLimits, halt: (reason: Stop) => void): Promise<void> {
  const usage = await usageOf(pid).catch((thrown: unknown) => thrown)
  if (!isUsage(usage)) return halt({ by: 'processes', detail: 'its processes cannot be counted' })
  if (usage.memoryMiB > limits.memoryMiB)
    halt({
      by: 'memory',
      detail: `it used ${Math.round(usage.memoryMiB)} MiB of memory, ${limits.memoryMiB} allowed`,
    })
  if (usage.processes > limits.processes + OVERHEAD)
    halt({ by: 'processes', detail: `it started ${usage.processes} processes, ${limits.processes} allowed` })
}

function isUsage(value: unknown): value is { processes: number; memoryMiB: number } {
  return typeof value === 'object' && value !== null && 'memoryMiB' in value
}
