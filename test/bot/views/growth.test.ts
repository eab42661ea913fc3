import { describe, expect, it } from 'vitest'
import type { Rollout, Verdict } from '../../../src/pipeline/contracts.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import { threadOf } from '../../../src/bot/views/thread-of.ts'
import { ACCESS, inconclusive, RECORDS, signalVerdict } from '../../support/incident-records.ts'

const facts = {
  members: ACCESS.members,
  link: (key: string) => `https://example.slack.com/${key}`,
  thread: (id: string) => `https://example.slack.com/thread/${id}`,
}
const fault = {
  kind: 'exhaustion' as const,
  resource: 'open files' as const,
  perRequest: 0.98,
  because:
    'OSError: [Errno 24] Too many open files at shelves.py:10; open files of v2 grew from 47 to 996 in 10 s',
}
const growth = signalVerdict({
  signal: 'growth',
  resource: 'open files',
  canary: { n: 320, x: -1, ratio: -0.003 },
  control: { n: 0, x: 0, ratio: 0.98 },
  interval: null,
  logECure: 1.2,
  pCure: 0.3,
})
const verdict: Verdict = {
  ...inconclusive,
  noHarm: true,
  signals: [signalVerdict({ logECure: 12, pCure: 6e-6 }), growth],
}
const base = RECORDS.canary10
const record: IncidentRecord = {
  ...base,
  diagnosis: base.diagnosis === null ? null : { ...base.diagnosis, fault },
  location: base.location === null ? null : { ...base.location, exception: null, fault },
  rollout: { ...(base.rollout as Rollout), cures: ['error_ratio', 'growth'] },
  verdict,
}
const textOf = (of: IncidentRecord, key: string): string =>
  JSON.stringify(threadOf(of, facts).find((message) => message.key.startsWith(key))?.blocks ?? [])

describe('the thread of an incident in which a resource runs out', () => {
  it('says in the channel what ran out, and where it probably leaks rather than where it was thrown', () => {
    expect(textOf(record, 'root')).toContain(`It runs out of open files: ${fault.because}. Probably at`)
  })

  it('waits for the growth to end although the errors are gone, and shows both', () => {
    const text = textOf(record, 'rollout')
    expect(text).toContain('✅ Proved: the errors are cured')
    expect(text).toContain('⏳ Not proved yet: its use of open files no longer grows')
    expect(text).toContain('*0.00 open files more for each request* (over 320 requests)')
    expect(text).toContain('until it ran out: 0.98 open files more for each request')
    expect(text).toContain('proof that its use of open files no longer grows')
  })

  it('tells in the verdict what it was compared with', () => {
    const ended = { ...RECORDS.resolved, verdict: { ...verdict, cured: true } }
    expect(textOf(ended, 'verdict')).toContain(
      '*Growth*: canary 0.00 open files more for each request (over 320 requests), the old version 0.98',
    )
  })
})
