import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConcurrencySettings } from '../../src/pipeline/concurrency/settings.ts'
import { CcpError, type CcpErrorOptions, type ErrorCode } from '../../src/pipeline/errors.ts'
import type { CommandKind, MachineEvent } from '../../src/pipeline/machine.ts'
import type { ClaimedCommand, Journal } from '../../src/pipeline/ports.ts'
import { run, type Executed, type RunDeps, type Runner } from '../../src/pipeline/run.ts'
import { diagnosis, happyPath, incident, INCIDENT_ID } from '../support/events.ts'
import { LEASE_MS, temporaryJournal } from '../support/temporary-journal.ts'

const settings: ConcurrencySettings = {
  maxOperations: 3,
  lockTtlMs: 60_000,
  lockRetryMs: 1_000,
  leaseMs: LEASE_MS,
  maxAttempts: 4,
  firstRetryMs: 1_000,
}
const START_MS = 1_000_000

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS })
})
const runners: Runner[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const runner of runners.splice(0)) await runner.stop(0)
})

const until = (kind: MachineEvent['kind']) =>
  happyPath.slice(0, happyPath.findIndex((event) => event.kind === kind) + 1)

interface Seen {
  readonly kind: CommandKind
  readonly attempt: number
  readonly atMs: number
}

/** An interpreter over the real journal, whose commands are carried out by `work`. */
function interpret(
  events: readonly MachineEvent[],
  work: (command: ClaimedCommand) => Promise<Executed> | Executed,
  change: Partial<RunDeps> = {},
) {
  const { journal, tell, actions } = temporaryJournal(INCIDENT_ID)
  tell(...events)
  const seen: Seen[] = []
  const faults: Parameters<RunDeps['report']>[0][] = []
  const runner = run({
    journal,
    settings,
    nowMs: () => Date.now(),
    report: (fault) => faults.push(fault),
    execute: async (command) => {
      seen.push({ kind: command.kind, attempt: command.attempt, atMs: Date.now() - START_MS })
      return work(command)
    },
    ...change,
  })
  runners.push(runner)
  const record = () => {
    const found = journal.record(INCIDENT_ID)
    if (found === null) throw new Error('the incident is not there')
    return found
  }
  return { journal, tell, actions, seen, faults, runner, record }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const done: Executed = { event: null }
const fault = (code: ErrorCode, options: CcpErrorOptions = {}) =>
  new CcpError(code, 'the metrics are away', options)

/** Carries out nothing but commands of this kind; the others end without an event. */
const only =
  (kind: CommandKind, work: (command: ClaimedCommand) => Promise<Executed> | Executed) =>
  (command: ClaimedCommand): Promise<Executed> | Executed =>
    command.kind === kind ? work(command) : done

describe('the interpreter', () => {
  it('carries an incident from command to command', async () => {
    const { seen, record, actions } = interpret([{ kind: 'opened', incident }], ({ kind }) =>
      kind === 'diagnose' ? { event: { kind: 'diagnosed', diagnosis } } : done,
    )
    await pass(100)
    expect(seen.map(({ kind }) => kind)).toEqual(['diagnose', 'localize'])
    expect(record().state).toBe('LOCALIZING')
    expect(actions()).toEqual(['opened', 'diagnosed'])
  })

  it('takes up at once what is submitted while it idles', async () => {
    const { tell, seen } = interpret([], () => done)
    await pass(10_000)
    tell({ kind: 'opened', incident })
    await pass(20)
    expect(seen).toMatchObject([{ kind: 'diagnose' }])
  })

  it('gives out a timer when it is due', async () => {
    const { seen } = interpret(until('gated'), () => done)
    const dueMs = 1_802_000 - START_MS
    await pass(dueMs - 50)
    expect(seen.filter(({ kind }) => kind === 'expire-approval')).toEqual([])
    await pass(100)
    expect(seen.filter(({ kind }) => kind === 'expire-approval')).toHaveLength(1)
  })

  it('does not ask the journal over and over for the work of a paused incident', async () => {
    const events: readonly MachineEvent[] = [
      { kind: 'opened', incident },
      { kind: 'paused', reason: 'wait' },
    ]
    const { journal, tell, seen } = interpret(events, () => done)
    const claim = vi.spyOn(journal, 'claim')
    await pass(10_000)
    expect(claim.mock.calls.length).toBeLessThanOrEqual(2 * 11)
    tell({ kind: 'resumed' })
    await pass(20)
    expect(seen).toMatchObject([{ kind: 'diagnose' }])
  })

  it('outlives a journal that cannot be asked for a while, and says so', async () => {
    const broken = { left: 2 }
    const { journal, tell } = temporaryJournal(INCIDENT_ID)
    tell({ kind: 'opened', incident })
    const flaky: Journal = {
      ...journal,
      claim: (lane, nowMs) => {
        broken.left -= 1
        if (broken.left >= 0) throw new Error('database is locked')
        return journal.claim(lane, nowMs)
      },
    }
    const { seen, faults } = interpret([], () => done, { journal: flaky })
    await pass(5_000)
    expect(faults.map(({ command, error }) => [command, error.message])).toEqual([
      [null, 'database is locked'],
      [null, 'database is locked'],
    ])
    expect(seen).toMatchObject([{ kind: 'diagnose' }])
  })
})

describe('a command that fails', () => {
  const broken = (kind: CommandKind) => only(kind, () => Promise.reject(fault('bad-input')))

  it('R3 is tried again later each time while the fault may pass, and the thread is told', async () => {
    const away = fault('unavailable', { mend: 'check that Prometheus runs' })
    const { record, faults, ...rest } = interpret(
      [{ kind: 'opened', incident }],
      only('diagnose', () => Promise.reject(away)),
    )
    await pass(500)
    expect(record().trouble).toEqual({
      command: 'diagnose',
      message: 'the metrics are away; check that Prometheus runs',
      attempt: 1,
    })
    await pass(60_000)
    const seen = rest.seen.filter(({ kind }) => kind === 'diagnose')
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    const waits = seen.slice(1).map(({ atMs }, index) => atMs - (seen[index]?.atMs ?? 0))
    expect(waits.map((ms) => Math.round(ms / 1_000))).toEqual([1, 2, 4])
    expect(faults.map(({ final }) => final)).toEqual([false, false, false, true])
    expect(record()).toMatchObject({
      state: 'HANDED_OVER',
      handOver: { reason: expect.stringContaining('away') },
    })
  })

  it('R3 waits as long as the other side asks', async () => {
    const { seen } = interpret([{ kind: 'opened', incident }], ({ attempt }) => {
      if (attempt === 1) throw fault('rate-limited', { retryAfterMs: 42_000 })
      return done
    })
    await pass(41_000)
    expect(seen).toHaveLength(1)
    await pass(2_000)
    expect(seen).toHaveLength(2)
  })

  it('R3 is not tried again when the fault will not pass', async () => {
    const { seen, record } = interpret([{ kind: 'opened', incident }], broken('diagnose'))
    await pass(60_000)
    expect(seen.filter(({ kind }) => kind === 'diagnose')).toHaveLength(1)
    expect(record()).toMatchObject({
      state: 'HANDED_OVER',
      timeline: [{}, { text: expect.stringMatching(/rca/) }],
    })
  })

  it('R3 treats what is not of our own making as a fault that will not pass', async () => {
    const bug = only('diagnose', () => Promise.reject(new TypeError('x is not a function')))
    const { faults, record } = interpret([{ kind: 'opened', incident }], bug)
    await pass(1_000)
    expect(faults).toMatchObject([{ error: { code: 'internal' }, final: true }])
    expect(record().state).toBe('HANDED_OVER')
  })

  it.each([
    ['diagnose', 'opened', { state: 'HANDED_OVER' }],
    ['localize', 'diagnosed', { state: 'HANDED_OVER' }],
    ['plan-fix', 'located', { state: 'HANDED_OVER' }],
    ['write-patch', 'planned', { state: 'HANDED_OVER' }],
    ['evaluate-gates', 'patched', { state: 'HANDED_OVER' }],
    ['acquire-locks', 'voted', { state: 'LOCALIZING', approval: { status: 'void' } }],
    ['prepare-canary', 'locksAcquired', { state: 'DEPLOYING', rollBackAsked: 'the metrics are away' }],
    ['set-weight', 'canaryReady', { state: 'DEPLOYING', rollout: { phase: 'ROLLBACK' } }],
    ['observe', 'weightSet', { state: 'DEPLOYING', rollout: { phase: 'ROLLBACK' } }],
    [
      'email-approvers',
      'gated',
      { state: 'AWAITING_APPROVAL', trouble: { command: 'email-approvers', attempt: 0 } },
    ],
  ] as const)(
    'R3 turns a %s that failed for good into what follows from it',
    async (kind, after, expected) => {
      const { record } = interpret(until(after), broken(kind))
      await pass(3_000)
      expect(record()).toMatchObject(expected)
    },
  )

  it('R3 goes back when the end of a rollout fails for good', async () => {
    const { record } = interpret(happyPath.slice(0, -1), broken('finish-rollout'))
    await pass(3_000)
    expect(record()).toMatchObject({ state: 'DEPLOYING', rollout: { phase: 'ROLLBACK' } })
  })

  it('R4 does not take a verified fix back because the router is away for a while', async () => {
    const { seen, record } = interpret(
      happyPath.slice(0, -1),
      only('finish-rollout', ({ attempt }) => {
        if (attempt < 9) throw fault('unavailable')
        return { event: { kind: 'rolloutFinished' } }
      }),
    )
    await pass(10 * 60_000)
    expect(seen.filter(({ kind }) => kind === 'finish-rollout')).toHaveLength(9)
    expect(record()).toMatchObject({ state: 'RESOLVED', trouble: null })
  })

  it('R4 is never given up when it is a rollback', async () => {
    const events: readonly MachineEvent[] = [
      ...until('weightSet'),
      { kind: 'rollBackRequested', reason: 'worse' },
    ]
    const { seen, record, faults } = interpret(
      events,
      only('roll-back', ({ attempt }) => {
        if (attempt < 12) throw fault('not-found')
        return { event: { kind: 'rolledBack', detail: 'all traffic on v1' } }
      }),
    )
    await pass(15 * 60_000)
    const tries = seen.filter(({ kind }) => kind === 'roll-back')
    expect(tries).toHaveLength(12)
    const waits = tries
      .slice(1)
      .map(({ atMs }, index) => Math.round((atMs - (tries[index]?.atMs ?? 0)) / 1_000))
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60])
    expect(faults.every(({ final }) => !final)).toBe(true)
    expect(record()).toMatchObject({
      state: 'HANDED_OVER',
      handOver: { reason: 'the fix was rolled back: worse' },
    })
  })

  it('takes the word of trouble back when it works again', async () => {
    const { record, actions } = interpret(
      happyPath,
      only('note-page', ({ attempt }) => {
        if (attempt === 1) throw fault('unavailable')
        return done
      }),
    )
    await pass(500)
    expect(record().trouble).toMatchObject({ command: 'note-page', attempt: 1 })
    await pass(5_000)
    expect(record()).toMatchObject({ state: 'RESOLVED', trouble: null })
    expect(actions().slice(-2)).toEqual(['troubled', 'recovered'])
  })
})

describe('a claim', () => {
  it('R2 is renewed for as long as its command runs', async () => {
    const slow = Promise.withResolvers<Executed>()
    const { journal, seen, record } = interpret([{ kind: 'opened', incident }], ({ kind }) =>
      kind === 'diagnose' ? slow.promise : done,
    )
    await pass(10 * LEASE_MS)
    expect(journal.claim('work', Date.now())).toBeNull()
    slow.resolve({ event: { kind: 'diagnosed', diagnosis } })
    await pass(100)
    expect(seen.filter(({ kind }) => kind === 'diagnose')).toHaveLength(1)
    expect(record().state).toBe('LOCALIZING')
  })

  it('R1 that was taken over finishes nothing, and is renewed no more', async () => {
    const slow = Promise.withResolvers<Executed>()
    const { journal, record, faults } = interpret([{ kind: 'opened', incident }], () => slow.promise)
    await pass(100)
    const newer = journal.claim('work', Date.now() + LEASE_MS + 1)
    expect(newer).toMatchObject({ kind: 'diagnose', interrupted: true, epoch: 2 })
    await pass(LEASE_MS)
    expect(faults.filter(({ error }) => error.code === 'stale-epoch')).toHaveLength(1)
    slow.resolve({ event: { kind: 'diagnosed', diagnosis } })
    await pass(100)
    expect(record()).toMatchObject({ state: 'DIAGNOSING', trouble: null })
    expect(faults.every(({ final }) => !final)).toBe(true)
  })

  it('is one at a time for an incident, while another incident goes on', async () => {
    const gates = Promise.withResolvers<Executed>()
    const { journal, seen } = interpret([{ kind: 'opened', incident }], ({ incidentId }) =>
      incidentId === INCIDENT_ID ? gates.promise : done,
    )
    const other = { ...incident, incidentId: 'pd-Q2' }
    journal.submit({
      eventId: 'other',
      incidentId: 'pd-Q2',
      event: { kind: 'opened', incident: other },
      actor: { kind: 'machine', part: 'test' },
      atMs: START_MS,
    })
    await pass(100)
    expect(seen).toHaveLength(2)
    gates.resolve(done)
  })
})

describe('stopping', () => {
  it('waits for what is in flight and starts nothing more', async () => {
    const slow = Promise.withResolvers<Executed>()
    const { runner, seen, record } = interpret([{ kind: 'opened', incident }], () => slow.promise)
    await pass(100)
    let stopped = false
    const stopping = runner.stop(10_000).then(() => (stopped = true))
    await pass(5_000)
    expect(stopped).toBe(false)
    slow.resolve({ event: { kind: 'diagnosed', diagnosis } })
    await stopping
    expect(record().state).toBe('LOCALIZING')
    await pass(5_000)
    expect(seen.map(({ kind }) => kind)).toEqual(['diagnose'])
  })

  it('waits no longer than its grace', async () => {
    const { runner } = interpret([{ kind: 'opened', incident }], () => new Promise<Executed>(() => undefined))
    await pass(100)
    const stopping = runner.stop(2_000)
    await pass(2_000)
    await stopping
    expect(vi.getTimerCount()).toBe(1) // the renewal of what still runs
  })
})
