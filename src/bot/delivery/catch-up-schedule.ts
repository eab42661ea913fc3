import { toCcpError, type CcpError } from '../../pipeline/errors.ts'

/**
 * When each incident's thread is worked on: at once after a change, later after a failure, never twice at a time.
 */
export interface CatchUpSchedule {
  changed(incidentId: string): void
  /** Whether it has changed since its present round began. */
  isDirty(incidentId: string): boolean
  /** For how long Slack has been behind the journal. */
  behindMs(incidentId: string): number
  /** Slack took something: what failed before is over. */
  progressed(incidentId: string): void
  /** Resolves when nothing runs; what waits for a later time is not waited for. */
  idle(): Promise<void>
  stop(graceMs: number): Promise<void>
}

export interface ScheduleDeps {
  readonly settings: { readonly firstRetryMs: number; readonly undeliverableAfterMs: number }
  nowMs(): number
  /** One round; answers when a further one is wanted, or null. */
  round(incidentId: string): Promise<number | null>
  /** A round failed and is repeated after `waitMs`. */
  failed(incidentId: string, error: CcpError, waitMs: number): void
  /** Nothing has got through for long, or nothing ever will: once an outage. */
  outage(incidentId: string, error: CcpError | null): void
}

interface Progress {
  dirty: boolean
  running: Promise<void> | null
  failures: number
  lastError: CcpError | null
  behindSinceMs: number | null
  alarm: NodeJS.Timeout | null
  again: NodeJS.Timeout | null
  reported: boolean
}

const LONGEST_RETRY_MS = 15_000

export function catchUpSchedule(deps: ScheduleDeps): CatchUpSchedule {
  const { settings, nowMs } = deps
  const all = new Map<string, Progress>()
  let stopped = false

  function changed(incidentId: string): void {
    if (stopped) return
    const progress = progressOf(incidentId)
    progress.dirty = true
    progress.behindSinceMs ??= nowMs()
    progress.alarm ??= armed(incidentId)
    if (progress.running === null && progress.failures === 0) launch(incidentId, progress)
  }

  function progressOf(incidentId: string): Progress {
    const known = all.get(incidentId)
    if (known !== undefined) return known
    const idle = { running: null, lastError: null, behindSinceMs: null, alarm: null, again: null }
    const fresh = { ...idle, dirty: false, failures: 0, reported: false }
    all.set(incidentId, fresh)
    return fresh
  }

  function launch(incidentId: string, progress: Progress): void {
    clear(progress, 'again')
    progress.running = catchUp(incidentId, progress)
  }

  async function catchUp(incidentId: string, progress: Progress): Promise<void> {
    try {
      let againAtMs: number | null = null
      while (progress.dirty && !stopped) {
        progress.dirty = false
        againAtMs = await deps.round(incidentId)
      }
      settled(incidentId, progress, againAtMs)
    } catch (thrown) {
      postponed(incidentId, progress, toCcpError(thrown))
    }
  }

  function settled(incidentId: string, progress: Progress, againAtMs: number | null): void {
    clear(progress, 'alarm')
    all.delete(incidentId)
    if (againAtMs === null || stopped) return
    const waitMs = Math.max(10, againAtMs - nowMs())
    progressOf(incidentId).again = setTimeout(() => changed(incidentId), waitMs)
  }

  function postponed(incidentId: string, progress: Progress, error: CcpError): void {
    progress.running = null
    if (stopped) return
    progress.failures += 1
    progress.lastError = error
    progress.dirty = true
    const backoffMs = Math.min(
      settings.firstRetryMs * 2 ** Math.min(progress.failures - 1, 10),
      LONGEST_RETRY_MS,
    )
    const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs)
    deps.failed(incidentId, error, waitMs)
    if (!error.retryable) report(incidentId, progress)
    progress.again = setTimeout(() => launch(incidentId, progress), waitMs)
  }

  function armed(incidentId: string): NodeJS.Timeout {
    return setTimeout(() => report(incidentId, progressOf(incidentId)), settings.undeliverableAfterMs)
  }

  function report(incidentId: string, progress: Progress): void {
    if (progress.reported || stopped) return
    progress.reported = true
    deps.outage(incidentId, progress.lastError)
  }

  function progressed(incidentId: string): void {
    const progress = all.get(incidentId)
    if (progress === undefined) return
    Object.assign(progress, { failures: 0, lastError: null, reported: false })
    clear(progress, 'alarm')
    progress.alarm = armed(incidentId)
  }

  async function idle(): Promise<void> {
    for (;;) {
      const running = [...all.values()].flatMap((progress) => progress.running ?? [])
      if (running.length === 0) return
      await Promise.allSettled(running)
    }
  }

  async function stop(graceMs: number): Promise<void> {
    stopped = true
    for (const progress of all.values()) {
      clear(progress, 'again')
      clear(progress, 'alarm')
    }
    const { promise: grace, resolve } = Promise.withResolvers<void>()
    const limit = setTimeout(resolve, graceMs)
    await Promise.race([idle(), grace])
    clearTimeout(limit)
  }

  return {
    changed,
    progressed,
    idle,
    stop,
    isDirty: (incidentId) => all.get(incidentId)?.dirty === true,
    behindMs: (incidentId) => nowMs() - (all.get(incidentId)?.behindSinceMs ?? nowMs()),
  }
}

function clear(progress: Progress, which: 'alarm' | 'again'): void {
  const timer = progress[which]
  if (timer !== null) clearTimeout(timer)
  progress[which] = null
}
