import { describe, expect, it } from 'vitest'
import { escalateModal } from '../../../src/bot/views/modals.ts'
import { threadOf } from '../../../src/bot/views/thread-of.ts'
import type { IncidentSource } from '../../../src/pipeline/contracts.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import { ACCESS, RECORDS } from '../../support/incident-records.ts'

const facts = { members: ACCESS.members, link: () => null, thread: () => null }
const alertmanager: IncidentSource = {
  kind: 'alertmanager',
  fingerprint: 'f1',
  startsAtMs: 1,
  groupKey: 'g',
  url: 'http://prometheus.example/graph',
}

/** The same incident, told by somebody else. */
function toldBy(source: IncidentSource, record: IncidentRecord): IncidentRecord {
  const { incident } = record
  const signals = incident.signals.map((signal) => ({ ...signal, source }))
  return { ...record, incident: { ...incident, source, signals } }
}
const textOf = (record: IncidentRecord): string =>
  threadOf(record, facts)
    .map(({ text }) => text)
    .join('\n')

describe('an incident without a page', () => {
  const alerted = (record: IncidentRecord) => toldBy(alertmanager, record)

  it('is not said to have one when it is resolved or closed', () => {
    expect(textOf(alerted(RECORDS.resolved))).not.toContain('page is resolved')
    expect(textOf(alerted(RECORDS.resolved))).toContain(
      'no page belongs to it; Alertmanager ends its alerts by itself',
    )
    expect(textOf(alerted(RECORDS.closed))).toContain(
      'Alertmanager says that its alerts are over, so nothing',
    )
    expect(textOf(toldBy({ kind: 'error-rate-watch' }, RECORDS.resolved))).toContain('no page belongs to it.')
  })

  it('leads to the alert instead', () => {
    expect(textOf(alerted(RECORDS.diagnosed))).toContain('<http://prometheus.example/graph|Alertmanager>')
    const strange = { ...alertmanager, url: 'javascript:alert(1)' }
    expect(textOf(toldBy(strange, RECORDS.diagnosed))).not.toContain('javascript:')
  })

  it('promises nobody that a page goes to the next level', () => {
    expect(JSON.stringify(escalateModal(alerted(RECORDS.canary10), ''))).toContain('nobody is paged')
    expect(JSON.stringify(escalateModal(RECORDS.canary10, ''))).toContain('is paged')
  })
})
