import { Worker } from 'node:worker_threads'
import { CcpError } from '../../pipeline/errors.ts'
import type { WorkerAnswer, WorkerJob, WorkerReply, WorkerRequest } from './worker/protocol.ts'

interface Waiting {
  readonly resolve: (answer: WorkerAnswer) => void
  readonly reject: (fault: CcpError) => void
  readonly timer: NodeJS.Timeout
}

/** Not all that a worker inherits is harmless there: a loader or a coverage hook of the main thread stays in it. */
const WORKER_OPTIONS = {
  execArgv: [],
  stdout: false,
  stderr: false,
  resourceLimits: { maxOldGenerationSizeMb: 1536 },
}

/**
 * Asks the analysis thread, which is started at the first question and kept warm. A question that takes too long ends the
 * thread, and with it all that wait; the next question starts a new one.
 */
export class AnalysisThread {
  readonly #timeoutMs: number
  #worker: Worker | null = null
  #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Throws CcpError `timeout`, or `internal` where the tool failed. */
  ask(job: WorkerJob): Promise<WorkerAnswer> {
    const worker = this.#started()
    const id = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<WorkerAnswer>()
    const timer = setTimeout(() => {
      const fault = new CcpError('timeout', `${job.tool} took longer than ${this.#timeoutMs} ms`)
      this.#end(fault)
    }, this.#timeoutMs)
    this.#waiting.set(id, { resolve, reject, timer })
    worker.ref()
    worker.postMessage({ id, job } satisfies WorkerRequest)
    return promise
  }

  async dispose(): Promise<void> {
    const worker = this.#worker
    this.#end(new CcpError('unavailable', 'the analysis thread was stopped'))
    await worker?.terminate()
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker
    const worker = new Worker(new URL('./worker/thread.ts', import.meta.url), WORKER_OPTIONS)
    worker.on('message', (reply: WorkerReply) => this.#settle(reply))
    worker.on('error', (error) => {
      if (this.#worker === worker)
        this.#end(new CcpError('internal', `the analysis thread failed: ${String(error)}`, { cause: error }))
    })
    this.#worker = worker
    return worker
  }

  #settle(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.id)
    clearTimeout(waiting.timer)
    // A warm thread that nobody waits for must not keep a finished program alive.
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ('error' in reply) waiting.reject(new CcpError('internal', reply.error))
    else waiting.resolve({ findings: reply.findings, version: reply.version })
  }

  #end(fault: CcpError): void {
    const worker = this.#worker
    this.#worker = null
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { timer, reject } of all) {
      clearTimeout(timer)
      reject(fault)
    }
    void worker?.terminate()
  }
}
