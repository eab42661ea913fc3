import PQueue from 'p-queue'
import { CcpError } from '../../pipeline/errors.ts'

/** Calls of one kind, one at a time and no faster than Slack allows; what people wait for goes first. */
export interface PacedQueue {
  run<T>(task: () => Promise<T>, priority: number): Promise<T>
  /** Fails what waits and takes nothing more. */
  stop(): void
}

/**
 * Starts at most `burst` calls in any stretch of `burst / perSecond` seconds. A call that is rate-limited holds all
 * calls of the queue back for as long as Slack asks; the call itself fails, and is for the caller to repeat.
 */
export function pacedQueue({ burst, perSecond }: { burst: number; perSecond: number }): PacedQueue {
  const queue = new PQueue({
    concurrency: 1,
    strict: true,
    intervalCap: burst,
    interval: Math.ceil((burst / perSecond) * 1000),
  })
  const ended = new AbortController()
  let timer: NodeJS.Timeout | null = null

  function holdFor(waitMs: number): void {
    queue.pause()
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => queue.start(), waitMs)
  }

  return {
    async run<T>(task: () => Promise<T>, priority: number): Promise<T> {
      return await queue.add(
        async () => {
          try {
            return await task()
          } catch (thrown) {
            if (thrown instanceof CcpError && thrown.code === 'rate-limited')
              holdFor(thrown.retryAfterMs ?? 1000)
            throw thrown
          }
        },
        { priority, signal: ended.signal },
      )
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
      ended.abort(new CcpError('unavailable', 'the bot is stopping'))
    },
  }
}
