import { describe, expect, it } from 'vitest'
import { CcpError } from '../../src/pipeline/errors.ts'
import { executeNotice, type NoticeDeps } from '../../src/pipeline/execute-notice.ts'
import type { CommandKind, IncidentRecord } from '../../src/pipeline/machine.ts'
import type { ClaimedCommand, Mailer } from '../../src/pipeline/ports.ts'
import { ACCESS, INCIDENT, RECORDS } from '../support/incident-records.ts'

type Call = readonly [what: string, ...details: unknown[]]

/** A page desk, a mailer and a chain of intents that write down in which order they were used. */
function world(change: Partial<NoticeDeps> = {}) {
  const calls: Call[] = []
  const deps: NoticeDeps = {
    journal: { intend: (_, details) => void calls.push(['intend', details]) },
    access: ACCESS,
    pages: {
      addNote: async (page, commandId, text) =>
        void calls.push(['note', page, commandId, text.split('\n')[0]]),
      resolve: async (page) => void calls.push(['resolve', page]),
      escalate: async (page) => void calls.push(['escalate', page]),
    },
    mailer: { send: async ({ to, subject, commandId }) => void calls.push(['mail', to, subject, commandId]) },
    nowMs: () => 1_000,
    ...change,
  }
  const carryOut = (kind: CommandKind, record: IncidentRecord, interrupted = false) => {
    const command: ClaimedCommand = {
      commandId: `${INCIDENT}/9/${kind}`,
      incidentId: INCIDENT,
      kind,
      epoch: 1,
      attempt: interrupted ? 2 : 1,
      interrupted,
      record,
    }
    return executeNotice(command, deps)
  }
  return { calls, carryOut }
}

describe('a note on the page', () => {
  it('N1 carries its command id, by which a repetition is found, after its intent is in the chain', async () => {
    const { calls, carryOut } = world()
    expect(await carryOut('note-page', RECORDS.resolved)).toEqual({ event: null })
    expect(calls).toEqual([
      ['intend', { pages: ['Q3RJ7'] }],
      ['note', 'Q3RJ7', `${INCIDENT}/9/note-page`, 'CCP: fixed and verified.'],
    ])
  })

  it('does nothing for an incident that no page belongs to', async () => {
    const { calls, carryOut } = world()
    const unpaged = { ...RECORDS.resolved, incident: { ...RECORDS.resolved.incident, signals: [] } }
    await carryOut('note-page', unpaged)
    expect(calls).toEqual([])
  })

  it('writes nothing when the intent cannot be written', async () => {
    const stale = new CcpError('stale-epoch', 'taken over')
    const { calls, carryOut } = world({
      journal: {
        intend: () => {
          throw stale
        },
      },
    })
    await expect(carryOut('note-page', RECORDS.resolved)).rejects.toBe(stale)
    await expect(carryOut('email-leads', RECORDS.escalated)).rejects.toBe(stale)
    expect(calls).toEqual([])
  })
})

describe('resolving the page', () => {
  it('happens only while the incident is resolved', async () => {
    const { calls, carryOut } = world()
    await carryOut('resolve-page', RECORDS.rolledBack)
    expect(calls).toEqual([])
    await carryOut('resolve-page', RECORDS.resolved)
    expect(calls.map(([what]) => what)).toEqual(['intend', 'resolve'])
  })
})

describe('escalating', () => {
  it('says why on the page before anybody is paged', async () => {
    const { calls, carryOut } = world()
    await carryOut('escalate-page', RECORDS.escalated)
    expect(calls.map(([what]) => what)).toEqual(['intend', 'note', 'escalate'])
    expect(calls[1]).toContain('CCP: escalated. need the Payments team')
  })
})

describe('a mail', () => {
  it('goes to those who may approve, its intent without their addresses', async () => {
    const { calls, carryOut } = world()
    await carryOut('email-approvers', RECORDS.awaitingApproval)
    expect(calls[0]).toEqual(['intend', { recipients: 2 }])
    expect(calls[1]?.slice(0, 2)).toEqual(['mail', ['on-call@example.com', 'lead@example.com']])
  })

  it('asks nobody for an approval that has been given meanwhile', async () => {
    const { calls, carryOut } = world()
    await carryOut('email-approvers', RECORDS.queued)
    expect(calls).toEqual([])
  })

  it('N2 is not sent again when a crash left its outcome unknown, and the chain says so', async () => {
    const { calls, carryOut } = world()
    expect(await carryOut('email-approvers', RECORDS.awaitingApproval, true)).toEqual({ event: null })
    expect(calls).toEqual([['intend', { outcome: 'unknown', sentAgain: false }]])
  })

  it('is left out without a mail server or without anybody to send it to', async () => {
    const silent = world({ mailer: null })
    await silent.carryOut('email-leads', RECORDS.escalated)
    const nobody = world({ access: { ...ACCESS, members: [] } })
    await nobody.carryOut('email-leads', RECORDS.escalated)
    expect([...silent.calls, ...nobody.calls]).toEqual([])
  })

  it('that fails is a fault of its command', async () => {
    const away = new CcpError('unavailable', 'the mail server is away')
    const mailer: Mailer = { send: () => Promise.reject(away) }
    await expect(world({ mailer }).carryOut('email-leads', RECORDS.escalated)).rejects.toBe(away)
  })
})

it('refuses what is no notice', async () => {
  await expect(world().carryOut('roll-back', RECORDS.canary10)).rejects.toMatchObject({ code: 'internal' })
})
