import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  INCIDENT_TABLE,
  ROLLOUT_TABLE,
  type IncidentRecord,
  type MachineEvent,
} from '../../src/pipeline/machine.ts'
import { next, runsWhilePaused, type Next } from '../../src/pipeline/next.ts'
import {
  approval,
  diagnosis,
  happyPath,
  incident,
  observed,
  report,
  rollout,
  vote,
} from '../support/events.ts'

const timing = { observeEveryMs: 1_000, lockRetryMs: 5_000 }
const machine = { kind: 'machine', part: 'test' } as const

function arrive(record: IncidentRecord | null, event: MachineEvent, atMs = 10_000): Next | null {
  return next(record, { event, actor: machine, atMs }, timing)
}

function after(events: readonly MachineEvent[]): Next {
  let last = null as Next | null
  for (const event of events) last = arrive(last?.record ?? null, event) ?? last
  if (last === null) throw new Error('no event was taken')
  return last
}

const until = (kind: MachineEvent['kind']) =>
  happyPath.slice(0, happyPath.findIndex((e) => e.kind === kind) + 1)

describe('the machine', () => {
  it('takes an incident from the page to a verified fix', () => {
    const states: string[] = []
    let record: IncidentRecord | null = null
    for (const event of happyPath) {
      record = arrive(record, event)?.record ?? record
      states.push(record?.state === 'DEPLOYING' ? (record.rollout?.phase ?? 'IDLE') : (record?.state ?? ''))
    }
    expect(states.join(' ')).toBe(
      'DIAGNOSING LOCALIZING PLANNING PATCHING GATING AWAITING_APPROVAL QUEUED IDLE CANARY_10 HEALTH_CHECK ' +
        'CANARY_50 HEALTH_CHECK FULL_DEPLOY VERIFICATION SUCCESS RESOLVED',
    )
  })

  it('hands over when the diagnosis abstains, and says why', () => {
    const { record } = after([
      { kind: 'opened', incident },
      { kind: 'diagnosed', diagnosis: { ...diagnosis, abstained: 'nothing moved' } },
    ])
    expect(record).toMatchObject({ state: 'HANDED_OVER', handOver: { reason: 'nothing moved' } })
  })

  it('never deploys a patch that a gate stopped', () => {
    const failed = {
      ...report,
      passed: false,
      results: [
        {
          gate: 'lint' as const,
          status: 'failed' as const,
          summary: '',
          findings: [],
          tools: [],
          durationMs: 1,
        },
      ],
    }
    const { record, commands } = after([
      ...until('patched'),
      { kind: 'gated', report: failed, approval: null },
    ])
    expect(record).toMatchObject({ state: 'HANDED_OVER', handOver: { reason: 'stopped by: lint' } })
    expect(commands.map(({ kind }) => kind)).toEqual(['note-page'])
  })

  it('waits for every place of the quorum', () => {
    const quorum = [['lead'], ['on-call', 'lead']] as const
    const gated: MachineEvent = { kind: 'gated', report, approval: { ...approval, quorum } }
    const one = after([...until('patched'), gated, { kind: 'voted', vote }])
    expect(one.record.state).toBe('AWAITING_APPROVAL')
    const two = arrive(one.record, { kind: 'voted', vote: { ...vote, userId: 'U2', role: 'lead' } })
    expect(two?.record).toMatchObject({ state: 'QUEUED', approval: { status: 'approved' } })
  })

  it('M2 ignores a vote that comes when the approval has ended', () => {
    const rejected = after([...until('gated'), { kind: 'rejected', reason: 'too broad' }])
    expect(arrive(rejected.record, { kind: 'voted', vote })).toBeNull()
    expect(rejected.record.refusedFixes).toEqual(['template:none-guard'])
  })

  it('M4 does not advance while paused, but goes on watching', () => {
    const paused = after([...until('weightSet'), { kind: 'paused', reason: 'let me look' }])
    const looked = arrive(paused.record, observed('advance', 10))
    expect(looked?.record.rollout?.phase).toBe('HEALTH_CHECK')
    expect(looked?.commands.map(({ kind }) => kind)).toEqual(['observe'])
    const resumed = arrive(looked?.record ?? null, { kind: 'resumed' })
    expect(arrive(resumed?.record ?? null, observed('advance', 10))?.record.rollout?.phase).toBe('CANARY_50')
  })

  it('M4 rolls back a worse canary even while paused', () => {
    const paused = after([...until('weightSet'), { kind: 'paused', reason: 'let me look' }])
    const worse = arrive(paused.record, observed('rollBack', 10))
    expect(worse?.record.rollout).toMatchObject({ phase: 'ROLLBACK', rollbackReason: 'rollBack' })
    expect(runsWhilePaused('roll-back', paused.record)).toBe(true)
  })

  it('M4 holds back the first traffic of a canary that was paused before it', () => {
    const paused = after([...until('canaryReady'), { kind: 'paused', reason: 'wait' }])
    expect(runsWhilePaused('set-weight', paused.record)).toBe(false)
  })

  it('lets no canary take traffic when a rollback was asked for before it stood', () => {
    const early = after([...until('locksAcquired'), { kind: 'rollBackRequested', reason: 'not tonight' }])
    expect(early.commands.map(({ kind }) => kind)).toEqual(['roll-back'])
    const ready = arrive(early.record, { kind: 'canaryReady', rollout })
    expect(ready?.record.rollout).toMatchObject({ phase: 'ROLLBACK', rollbackReason: 'not tonight' })
    expect(ready?.commands).toEqual([])
    const back = arrive(ready?.record ?? null, { kind: 'rolledBack', detail: 'stopped' })
    expect(back?.record.handOver?.reason).toBe('the fix was rolled back: not tonight')
  })

  describe('when a fix did not work', () => {
    const worse = after([...until('weightSet'), observed('rollBack', 10)]).record
    const back = arrive(worse, { kind: 'rolledBack', detail: 'weight 0' }, 20_000)

    it('looks for the next fix of the same cause where the evidence sent it back', () => {
      expect(back?.record).toMatchObject({ state: 'PLANNING', plan: null, patch: null, rollout: null })
      expect(back?.record.diagnosis).toEqual(diagnosis)
      expect(back?.record.refusedFixes).toEqual([worse.plan?.chosenId])
      expect(back?.commands.map(({ kind }) => kind)).toEqual(['release-locks', 'note-page', 'plan-fix'])
    })

    it('keeps what the try came to', () => {
      expect(back?.record.attempts).toHaveLength(1)
      expect(back?.record.attempts[0]).toMatchObject({
        diagnosis: null,
        patch: worse.patch,
        rollout: { phase: 'ROLLBACK', rollbackReason: 'rollBack' },
        endedAtMs: 20_000,
      })
    })

    it.each(['rollBackRequested', 'rolloutFailed'] as const)('hands over after %s', (kind) => {
      const { record } = after([
        ...until('weightSet'),
        { kind, reason: 'x' },
        { kind: 'rolledBack', detail: '' },
      ])
      expect(record).toMatchObject({ state: 'HANDED_OVER', attempts: [] })
    })

    it('hands over after the third rollout of one incident', () => {
      const tried = {
        ...worse,
        attempts: [...(back?.record.attempts ?? []), ...(back?.record.attempts ?? [])],
      }
      const third = arrive(tried, { kind: 'rolledBack', detail: '' })
      expect(third?.record).toMatchObject({ state: 'HANDED_OVER' })
    })

    it('plans anew when a person asks for the next fix, and from the start when one asks for that', () => {
      const { record } = after([...until('gated'), { kind: 'rejected', reason: 'no' }])
      const next = arrive(record, { kind: 'nextFixRequested' })
      expect(next?.record).toMatchObject({ state: 'PLANNING', plan: null, handOver: null })
      expect(next?.record.attempts).toMatchObject([{ handOver: record.handOver, diagnosis: null }])
      expect(next?.commands.map(({ kind }) => kind)).toEqual(['plan-fix'])
      const anew = arrive(record, { kind: 'retryRequested' })
      expect(anew?.record).toMatchObject({ state: 'DIAGNOSING', diagnosis: null })
      expect(anew?.record.attempts).toMatchObject([{ diagnosis, handOver: record.handOver }])
    })
  })

  describe('when another incident has the same cause', () => {
    const to = { incidentId: 'pd-OTHER', title: 'payment fails', atMs: 1 }
    const linked = after([...until('diagnosed'), { kind: 'linked', to }])

    it('waits for its fix without any of its own', () => {
      expect(linked.record).toMatchObject({ state: 'LINKED', linkedTo: to, plan: null })
      expect(linked.commands).toEqual([{ kind: 'follow-link', dueMs: 15_000 }])
      const open = arrive(linked.record, { kind: 'linkOpen' })
      expect(open?.commands).toEqual([{ kind: 'follow-link', dueMs: 15_000 }])
    })

    it('ends with it, is looked at anew, or is handed over', () => {
      const end = (event: MachineEvent) => arrive(linked.record, event)
      const cured = end({ kind: 'linkResolved', detail: 'well' })
      expect(cured?.record.state).toBe('RESOLVED')
      expect(cured?.commands.map(({ kind }) => kind)).toEqual(['note-page', 'resolve-page'])
      expect(end({ kind: 'linkBroken', reason: 'still' })?.record).toMatchObject({
        state: 'DIAGNOSING',
        linkedTo: null,
        diagnosis: null,
      })
      expect(end({ kind: 'linkEnded', reason: 'over' })?.record).toMatchObject({
        state: 'HANDED_OVER',
        handOver: { reason: 'over' },
      })
    })
  })

  describe('when a roll-back of the deploy comes first', () => {
    const planned = happyPath.map((event) =>
      event.kind === 'planned' ? { ...event, plan: { ...event.plan, lastingId: 'revert' } } : event,
    )
    const calm = after(planned)

    it('goes on with the lasting fix once the pain is stopped', () => {
      expect(calm.record).toMatchObject({
        state: 'PATCHING',
        patch: null,
        plan: { chosenId: 'revert' },
        mitigated: { title: expect.any(String) },
      })
      expect(calm.record.plan?.lastingId).toBeUndefined()
      expect(calm.commands.map(({ kind }) => kind)).toEqual(['release-locks', 'note-page', 'write-patch'])
    })

    it('is resolved by the lasting fix', () => {
      const rest = happyPath.slice(happyPath.findIndex(({ kind }) => kind === 'patched'))
      const end = rest.reduce((record, event) => arrive(record, event)?.record ?? record, calm.record)
      expect(end.state).toBe('RESOLVED')
    })
  })

  it('refuses a fix that a gate found something against, not one whose gate could not run', () => {
    const stopped = (status: 'failed' | 'blocked') => {
      const result = { gate: 'lint', status, summary: '', findings: [], tools: [], durationMs: 1 } as const
      const failed = { ...report, passed: false, results: [result] }
      return after([...until('patched'), { kind: 'gated', report: failed, approval: null }]).record
        .refusedFixes
    }
    expect(stopped('failed')).toHaveLength(1)
    expect(stopped('blocked')).toEqual([])
  })

  it('takes its word of trouble back when that command works again', () => {
    const trouble = { kind: 'troubled', command: 'note-page', message: 'no answer', attempt: 1 } as const
    const { record } = after([...happyPath, trouble])
    expect(record.trouble).toMatchObject({ command: 'note-page' })
    expect(arrive(record, { kind: 'recovered', command: 'email-leads' })).toBeNull()
    expect(arrive(record, { kind: 'recovered', command: 'note-page' })?.record.trouble).toBeNull()
  })

  it('asks again later when another operation holds a lock', () => {
    const busy = after([...until('voted'), { kind: 'locksBusy', by: ['pd-Q0'] }])
    expect(busy.record).toMatchObject({ state: 'QUEUED', waitingFor: ['pd-Q0'] })
    expect(busy.commands).toEqual([{ kind: 'acquire-locks', dueMs: 15_000 }])
  })

  it.each(['IDLE', 'CANARY_10', 'HEALTH_CHECK', 'CANARY_50', 'FULL_DEPLOY', 'VERIFICATION'] as const)(
    'rolls back from %s on a failure and on a person',
    (phase) => {
      const { record } = after(until('canaryReady'))
      const there = { ...record, rollout: { ...rollout, phase } }
      for (const kind of ['rolloutFailed', 'rollBackRequested'] as const) {
        expect(arrive(there, { kind, reason: 'x' })?.record.rollout?.phase).toBe('ROLLBACK')
      }
    },
  )

  it('M1 M2 keeps its version and its rollback whatever the order of events', () => {
    const events = fc.constantFrom<MachineEvent>(
      ...happyPath,
      observed('wait', 10),
      observed('hold', 50),
      observed('rollBack', 10),
      { kind: 'rejected', reason: 'no' },
      { kind: 'paused', reason: 'wait' },
      { kind: 'resumed' },
      { kind: 'rolledBack', detail: 'weight 0' },
      { kind: 'rolloutFailed', reason: 'broke' },
      { kind: 'rollBackRequested', reason: 'me' },
      { kind: 'pageResolved' },
      { kind: 'pageReopened' },
      { kind: 'escalated', reason: 'help' },
      { kind: 'retryRequested' },
      { kind: 'nextFixRequested' },
    )
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
        let record = arrive(null, { kind: 'opened', incident })?.record as IncidentRecord
        for (const event of sequence) {
          const frozen = JSON.stringify(record)
          const moved = arrive(record, event)
          expect(JSON.stringify(record)).toBe(frozen)
          if (moved === null) continue
          expect(moved.record.version).toBe(record.version + 1)
          const fromRollback = record.state === 'DEPLOYING' && record.rollout?.phase === 'ROLLBACK'
          if (fromRollback && moved.record.state === 'DEPLOYING')
            expect(moved.record.rollout?.phase).toBe('ROLLBACK')
          if (fromRollback) expect(moved.record.state).not.toBe('RESOLVED')
          if (moved.record.state === 'QUEUED') expect(moved.record.approval?.status).toBe('approved')
          record = moved.record
        }
      }),
      { numRuns: 500 },
    )
  })

  it('leaves no state but the last ones without a way out', () => {
    const ends = new Set(['SUCCESS', 'ROLLBACK'])
    for (const table of [INCIDENT_TABLE, ROLLOUT_TABLE]) {
      const sources = new Set(table.flatMap((row) => [row.from].flat() as string[]))
      const targets = table.map((row) => row.to as string)
      expect(targets.filter((state) => !sources.has(state) && !ends.has(state))).toEqual([])
    }
  })
})
