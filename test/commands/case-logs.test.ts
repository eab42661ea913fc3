import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { streamLogs, withLogs } from '../../src/commands/case-logs.ts'
import { StreamLogs } from '../../src/integrations/log-stream/stream-logs.ts'
import { incidentCase, NOW, SETTINGS, shopMetrics } from '../pipeline/rca/builders.ts'

const CASE = incidentCase({
  metrics: shopMetrics({}),
  logs: [{ t: NOW - 5, service: 'gateway', line: 'own' }],
})

const at = (secondsBefore: number): string => new Date((NOW - secondsBefore) * 1000).toISOString()
const piped = (text: string) =>
  new StreamLogs({ stream: Readable.from([text]), name: 'a pipe', service: 'payment', maxBytes: 10_000 })

describe('a case with logs of elsewhere', () => {
  it('has them beside its own, in the order of time, and nothing from after its detection', async () => {
    const text = `${at(9)} INFO before\n${at(1)} INFO after\n${at(-60)} INFO later\n`
    const { logs } = await withLogs(CASE, piped(text), SETTINGS)
    expect(logs.map(({ service, line }) => [service, line.split(' ').at(-1)])).toEqual([
      ['payment', 'before'],
      ['gateway', 'own'],
      ['payment', 'after'],
    ])
  })

  it('is refused where the file is not there', async () => {
    const missing = streamLogs('nowhere/payment.log', 'payment')
    await expect(withLogs(CASE, missing, SETTINGS)).rejects.toMatchObject({ code: 'not-found' })
  })
})
