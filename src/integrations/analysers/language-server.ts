import { spawn, type ChildProcess } from 'node:child_process'
import { CcpError } from '../../pipeline/errors.ts'

export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Answers what the server asks of its client. */
  readonly onRequest: (method: string, params: unknown) => unknown
  /** Called once, when the server is gone for whatever reason. */
  readonly onEnd: () => void
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (fault: CcpError) => void
  readonly timer: NodeJS.Timeout
}

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024

/** A language server over standard input and output (LSP 3.17 base protocol), as little of it as diagnostics need. */
export class LanguageServer {
  readonly #command: ServerCommand
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #buffer = Buffer.alloc(0)
  #lastId = 0
  #fault: CcpError | null = null

  constructor(command: ServerCommand) {
    this.#command = command
    this.#child = spawn(command.program, command.args, {
      cwd: command.cwd,
      env: { ...command.environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#child.stdin?.on('error', (error) => this.#end(`cannot be written to: ${error.message}`))
    this.#child.on('error', (error) => this.#end(`cannot be started: ${error.message}`))
    this.#child.on('exit', (code) => this.#end(`ended with code ${code ?? 'none'}`))
    this.unref()
  }

  /** Throws CcpError `timeout`, or `unavailable` where the server is gone. */
  request(method: string, params: unknown): Promise<unknown> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    const id = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = setTimeout(() => {
      this.#waiting.delete(id)
      reject(
        new CcpError(
          'timeout',
          `the language server took longer than ${this.#command.timeoutMs} ms for ${method}`,
        ),
      )
      this.dispose()
    }, this.#command.timeoutMs)
    this.#waiting.set(id, { resolve, reject, timer })
    this.#send({ jsonrpc: '2.0', id, method, params })
    return promise
  }

  notify(method: string, params: unknown): void {
    if (this.#fault === null) this.#send({ jsonrpc: '2.0', method, params })
  }

  dispose(): void {
    this.#end('was stopped')
    this.#child.kill('SIGKILL')
  }

  /** A warm server must not keep a finished program alive: the timers of open requests do while there are any. */
  unref(): void {
    this.#child.unref()
    for (const stream of [this.#child.stdin, this.#child.stdout])
      (stream as unknown as { unref?(): void } | null)?.unref?.()
  }

  #send(message: object): void {
    const body = Buffer.from(JSON.stringify(message))
    this.#child.stdin?.write(`Content-Length: ${body.length}\r\n\r\n`)
    this.#child.stdin?.write(body)
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    try {
      for (let message = this.#next(); message !== null; message = this.#next()) this.#handle(message)
    } catch (error) {
      this.#end(`sent what cannot be read: ${(error as Error).message}`)
    }
    if (this.#buffer.length > MAX_MESSAGE_BYTES) this.#end('sent a message that is too large')
  }

  #next(): Message | null {
    const end = this.#buffer.indexOf('\r\n\r\n')
    if (end === -1) return null
    const length = Number(/content-length: (\d+)/i.exec(this.#buffer.toString('latin1', 0, end))?.[1])
    if (!Number.isFinite(length)) {
      this.#end('does not speak the protocol')
      return null
    }
    if (this.#buffer.length < end + 4 + length) return null
    const body = this.#buffer.toString('utf8', end + 4, end + 4 + length)
    this.#buffer = this.#buffer.subarray(end + 4 + length)
    return JSON.parse(body) as Message
  }

  #handle(message: Message): void {
    if (message.method !== undefined) {
      if (message.id === undefined) return
      const result = this.#command.onRequest(message.method, message.params) ?? null
      this.#send({ jsonrpc: '2.0', id: message.id, result })
      return
    }
    const waiting = this.#waiting.get(Number(message.id))
    if (waiting === undefined) return
    this.#waiting.delete(Number(message.id))
    clearTimeout(waiting.timer)
    if (message.error === undefined) waiting.resolve(message.result)
    else waiting.reject(new CcpError('internal', `the language server answers: ${message.error.message}`))
  }

  #end(what: string): void {
    if (this.#fault !== null) return
    this.#fault = new CcpError('unavailable', `the language server ${what}`)
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(this.#fault)
    }
    this.#waiting.clear()
    this.#command.onEnd()
  }
}
