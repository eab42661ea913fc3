import { describe, expect, it } from 'vitest'
import { approvalMail, leadsMail, pageNote, pagesOfIncident, recipients } from '../../src/pipeline/notices.ts'
import { ACCESS, approval, fourEyes, incident, patch, RECORDS } from '../support/incident-records.ts'

describe('the note on the page', () => {
  it('says that it is fixed, where, how and by what evidence', () => {
    const lines = pageNote(RECORDS.resolved).split('\n')
    expect(lines[0]).toBe('CCP: fixed and verified.')
    expect(lines).toContain('Where: payment/receipt.py:41 in payment.')
    expect(lines.at(-2)).toContain(`branch ${patch.branch}, commit ${patch.commit.slice(0, 10)}`)
    expect(lines.at(-1)).toMatch(/^Canary: pass\. Cured and no harm/)
  })

  it('says why a person takes over', () => {
    expect(pageNote(RECORDS.rejected)).toContain('CCP hands over: the fix was rejected: it hides the error.')
    const sentences = { reason: 'No fix can be proposed. No template fits.', atMs: 0 }
    expect(pageNote({ ...RECORDS.rejected, handOver: sentences }).split('\n')[0]).toBe(
      'CCP hands over: No fix can be proposed. No template fits.',
    )
    expect(pageNote(RECORDS.abstained)).toContain('Cause: not found. the two best hypotheses are too close')
  })

  it('says what is ruled out and where to look first, where no cause was found', () => {
    const lines = pageNote(RECORDS.causeElsewhere).split('\n')
    expect(lines[0]).toBe('CCP hands over: it found no cause and changed nothing.')
    expect(lines).toContain('- all logs: no more errors in them than before')
    expect(lines.at(-1)).toMatch(/^Look first at what stands in front of gateway/)
  })
})

describe('notes on the page between two fixes', () => {
  it('say that one was taken back and another is coming', () => {
    expect(pageNote(RECORDS.refuted)).toMatch(
      /^CCP: a fix was taken back: Worse: .* The next one is being prepared\./,
    )
  })

  it('say that the pain is stopped, also when the lasting fix is handed over', () => {
    expect(pageNote(RECORDS.mitigated)).toMatch(
      /^CCP: The pain is stopped \(.*\); a lasting fix is still due\./,
    )
    const stopped = { ...RECORDS.mitigated, handOver: { reason: 'stopped by: lint', atMs: 0 } }
    expect(pageNote(stopped)).toMatch(/^CCP hands over: stopped by: lint\. The pain is stopped/)
  })
})

describe('mails', () => {
  it('ask for an approval with fix, risk, expiry and diff, and say that a mail cannot approve', () => {
    const { subject, text } = approvalMail(RECORDS.awaitingApproval)
    expect(subject).toBe('[CCP] Approval needed: Guard address against None in receipt.py')
    expect(text).toContain('Risk 0.080 (low)')
    expect(text).toContain(new Date(approval.expiresAtMs).toISOString())
    expect(text).toContain('An e-mail cannot approve.')
    expect(text).toContain('+    if address is None:')
  })

  it('cut a diff that no mail should carry whole', () => {
    const long = { ...RECORDS.awaitingApproval, patch: { ...patch, diff: '+x\n'.repeat(50_000) } }
    expect(approvalMail(long).text.length).toBeLessThan(10_000)
  })

  it.each([
    ['expired', 'Nobody approved in time'],
    ['rolledBack', 'rolled back'],
    ['escalated', 'need the Payments team'],
  ] as const)('tell the leads of what is %s', (name, words) => {
    expect(leadsMail(RECORDS[name]).text).toContain(words)
  })

  it('go to those who may fill a place, each once, and to leads', () => {
    const both = { ...RECORDS.awaitingApproval, approval: fourEyes }
    expect(recipients(both, ACCESS.members, 'approvers')).toEqual(['on-call@example.com', 'lead@example.com'])
    expect(recipients(both, ACCESS.members, 'leads')).toEqual(['lead@example.com'])
    expect(recipients(RECORDS.opened, ACCESS.members, 'approvers')).toEqual([])
  })
})

describe('the pages of an incident', () => {
  it('are those of all its signals, each once', () => {
    const page = (pagerdutyId: string) => ({
      source: { kind: 'pagerduty', pagerdutyId, htmlUrl: null } as const,
      service: null,
      summary: '',
      atMs: 0,
    })
    const watch = { source: { kind: 'error-rate-watch' } as const, service: null, summary: '', atMs: 0 }
    const signals = [watch, page('Q1'), page('Q2'), page('Q1')]
    expect(pagesOfIncident({ ...incident, signals })).toEqual(['Q1', 'Q2'])
  })
})
