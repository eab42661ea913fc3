import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild, type Child } from '../child-process.ts'
import type { ServiceName } from './services.ts'

const SCRIPT = fileURLToPath(new URL('./load-generator.ts', import.meta.url))

/** What orders ask for where that service runs. */
const ASKS_FOR: Partial<Record<ServiceName, readonly string[]>> = {
  shipping: ['--delivery-ratio', '0.5'],
  loyalty: ['--member-ratio', '0.5'],
}

/** Orders at a constant rate, from a process of its own. */
export class Load {
  readonly #directory: string
  readonly #args: readonly string[]
  #child: Child | null = null

  constructor(directory: string, url: string, requestsPerSecond: number) {
    this.#directory = directory
    this.#args = ['--url', url, '--rps', String(requestsPerSecond)]
  }

  /** Begins, or goes on, with orders that ask for what these services do. */
  orderFrom(running: readonly ServiceName[]): Promise<void> {
    return this.order(running.flatMap((name) => ASKS_FOR[name] ?? []))
  }

  /** Begins, or goes on, with orders by these options of the load generator. */
  async order(options: readonly string[]): Promise<void> {
    await this.stop()
    this.#child = await startChild(SCRIPT, [...this.#args, ...options], {
      env: process.env,
      logFile: join(this.#directory, 'load.log'),
    })
  }

  async stop(): Promise<void> {
    await this.#child?.stop()
    this.#child = null
  }
}
