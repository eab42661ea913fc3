import type { ConcurrencySettings } from './concurrency/settings.ts'
import { toCcpError, type CcpError } from './errors.ts'
import type { CommandKind, MachineEvent } from './machine.ts'
import { lane } from './next.ts'
import type { ClaimedCommand, Journal } from './ports.ts'

/**
 * The only interpreter of the machine: claim -> execute -> finish -> next.
 *
 * R1  Nothing is executed that is not claimed, and nothing is finished but where the claim's epoch still holds.
 * R2  A claim is renewed while its command runs; a process that hangs loses it.
 * R3  A fault that may pass is tried again, later each time; one that will not, or that came too often, becomes an event.
 * R4  A rollback is never given up; nor is the end of a rollout that succeeded, while its fault may pass.
 */

export interface Executed {
  readonly event: MachineEvent | null
}

export interface RunDeps {
  readonly journal: Journal
  readonly settings: ConcurrencySettings
  execute(command: ClaimedCommand): Promise<Executed>
  nowMs(): number
  /** `command` is null for a fault of the journal itself, which is asked again a second later. */
  report(fault: {
    readonly command: ClaimedCommand | null
    readonly error: CcpError
    readonly final: boolean
  }): void
}

export interface Runner {
  /** Stops claiming and waits for what is in flight, at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** How many commands of a lane are in flight at once: each incident has at most one (J5). */
const WORKERS = { work: 4, notify: 4 } as const
const IDLE_POLL_MS = 1000

/** Runs the journal's commands until it is stopped. */
export function run(deps: RunDeps): Runner {
  const running = new Set<Promise<void>>()
  const inFlight = { work: 0, notify: 0 }
  let stopped = false
  let timer: NodeJS.Timeout | null = null

  function wake(): void {
    if (stopped) return
    const nowMs = deps.nowMs()
    let nextDueMs: number | null = null
    try {
      claimAll(nowMs)
      nextDueMs = deps.journal.nextDueMs(nowMs)
    } catch (thrown) {
      deps.report({ command: null, error: toCcpError(thrown), final: false })
    }
    schedule(nextDueMs)
  }

  function claimAll(nowMs: number): void {
    for (const inLane of ['work', 'notify'] as const) {
      while (inFlight[inLane] < WORKERS[inLane]) {
        const command = deps.journal.claim(inLane, nowMs) // R1
        if (command === null) break
        launch(command, inLane)
      }
    }
  }

  function launch(command: ClaimedCommand, inLane: 'work' | 'notify'): void {
    inFlight[inLane] += 1
    const work = perform(command, deps).finally(() => {
      inFlight[inLane] -= 1
      running.delete(work)
      setImmediate(wake)
    })
    running.add(work)
  }

  /** What is due and was not given out (a pause, another command of its incident) is woken by what holds it back. */
  function schedule(dueMs: number | null): void {
    if (timer !== null) clearTimeout(timer)
    const waitMs = dueMs === null ? IDLE_POLL_MS : Math.min(Math.max(dueMs - deps.nowMs(), 5), IDLE_POLL_MS)
    timer = setTimeout(wake, waitMs)
  }

  const unsubscribe = deps.journal.subscribe(() => setImmediate(wake))
  wake()
  return {
    async stop(graceMs) {
      stopped = true
      unsubscribe()
      if (timer !== null) clearTimeout(timer)
      const { promise: grace, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, graceMs)
      await Promise.race([Promise.allSettled(running), grace])
      clearTimeout(limit)
    },
  }
}

async function perform(command: ClaimedCommand, deps: RunDeps): Promise<void> {
  const startedMs = performance.now()
  const renewal = setInterval(() => {
    if (!renew(command, deps)) clearInterval(renewal)
  }, deps.settings.leaseMs / 3) // R2
  try {
    const { event } = await deps.execute(command)
    const workMs = Math.round(performance.now() - startedMs)
    deps.journal.finish(command, event ?? recovery(command), { atMs: deps.nowMs(), workMs })
  } catch (thrown) {
    recover(command, toCcpError(thrown), deps)
  } finally {
    clearInterval(renewal)
  }
}

/** False once another claim has it: there is nothing left to renew. */
function renew(command: ClaimedCommand, deps: RunDeps): boolean {
  try {
    deps.journal.renew(command, deps.nowMs())
    return true
  } catch (thrown) {
    const error = toCcpError(thrown)
    deps.report({ command, error, final: false })
    return error.code !== 'stale-epoch'
  }
}

/** Takes the thread's word of trouble back when a command without an event of its own works again. */
function recovery(command: ClaimedCommand): MachineEvent | null {
  const troubled = command.record.trouble?.command === command.kind
  return troubled ? { kind: 'recovered', command: command.kind } : null
}

function recover(command: ClaimedCommand, error: CcpError, deps: RunDeps): void {
  const stale = error.code === 'stale-epoch'
  const again = mayTryAgain(command, error, deps.settings)
  deps.report({ command, error, final: !again && !stale })
  if (stale) return // R1: another claim has it
  try {
    if (again) tryAgain(command, error, deps)
    else deps.journal.finish(command, failureEvent(command.kind, error), { atMs: deps.nowMs(), workMs: 0 })
  } catch (thrown) {
    deps.report({ command, error: toCcpError(thrown), final: true })
  }
}

function mayTryAgain(command: ClaimedCommand, error: CcpError, settings: ConcurrencySettings): boolean {
  if (command.kind === 'roll-back') return true // R4
  if (!error.retryable) return false
  return command.kind === 'finish-rollout' || command.attempt < settings.maxAttempts // R3, R4
}

const LONGEST_RETRY_MS = 60_000

function tryAgain(command: ClaimedCommand, error: CcpError, deps: RunDeps): void {
  const backoffMs = Math.min(deps.settings.firstRetryMs * 2 ** (command.attempt - 1), LONGEST_RETRY_MS)
  const dueMs = deps.nowMs() + (error.retryAfterMs ?? backoffMs)
  const event: MachineEvent = {
    kind: 'troubled',
    command: command.kind,
    message: sentence(error),
    attempt: command.attempt,
  }
  deps.journal.postpone(command, dueMs, event, deps.nowMs())
}

/** What the machine is told of a command that failed for good. */
function failureEvent(kind: CommandKind, error: CcpError): MachineEvent | null {
  const reason = sentence(error)
  switch (kind) {
    case 'diagnose':
      return { kind: 'stageStopped', stage: 'rca', reason }
    case 'localize':
      return { kind: 'stageStopped', stage: 'localization', reason }
    case 'plan-fix':
      return { kind: 'stageStopped', stage: 'planning', reason }
    case 'write-patch':
      return { kind: 'stageStopped', stage: 'patching', reason }
    case 'evaluate-gates':
      return { kind: 'stageStopped', stage: 'gates', reason }
    case 'follow-link':
      return { kind: 'linkEnded', reason }
    case 'acquire-locks':
      return { kind: 'approvalVoided', reason }
    case 'prepare-canary':
    case 'set-weight':
    case 'observe':
    case 'finish-rollout':
      return { kind: 'rolloutFailed', reason }
    default:
      return lane(kind) === 'notify' ? { kind: 'troubled', command: kind, message: reason, attempt: 0 } : null
  }
}

function sentence(error: CcpError): string {
  return error.mend === null ? error.message : `${error.message}; ${error.mend}`
}
