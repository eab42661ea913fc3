import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { StreamLogs, type StreamLogsOptions } from '../../../src/integrations/log-stream/stream-logs.ts'

const START = Date.UTC(2026, 2, 1, 12)
const HOUR = { services: ['payment', 'gateway'], fromMs: START, toMs: START + 3_600_000, limit: 100 }
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString()

const source = (text: string, over: Partial<StreamLogsOptions> = {}): StreamLogs =>
  new StreamLogs({
    stream: Readable.from([Buffer.from(text)]),
    name: 'standard input',
    service: 'payment',
    maxBytes: 10_000,
    ...over,
  })

describe('logs from a pipe', () => {
  it('are of the service that a record names, else of the one that was told', async () => {
    const text = `${JSON.stringify({ time: at(2), service: 'gateway', msg: 'a' })}\n${at(1)} INFO b\n`
    const lines = await source(text).linesBetween(HOUR)
    expect(lines.map(({ service, t }) => [service, t - START / 1000])).toEqual([
      ['payment', 1],
      ['gateway', 2],
    ])
  })

  it('of no service are left out', async () => {
    expect(await source(`${at(1)} INFO b\n`, { service: null }).linesBetween(HOUR)).toEqual([])
  })

  it('keep a stack trace in one record, and what lies outside of the window away', async () => {
    const text = `${at(-9)} INFO early\n${at(1)} ERROR failed\nTraceback (most recent call last):\n  File "a.py", line 4, in b\nTypeError: none\n`
    const lines = await source(text).linesBetween(HOUR)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.line.endsWith('TypeError: none')).toBe(true)
  })

  it('are read once, however often they are asked for', async () => {
    const logs = source(`${at(1)} INFO a\n${at(2)} INFO b\n`)
    expect(await logs.linesBetween(HOUR)).toEqual(await logs.linesBetween(HOUR))
    expect(await logs.linesBetween({ ...HOUR, limit: 1 })).toMatchObject([{ line: `${at(2)} INFO b` }])
  })

  it('that are too many are refused, not cut off', async () => {
    await expect(source('x'.repeat(20_000)).linesBetween(HOUR)).rejects.toMatchObject({ code: 'bad-input' })
  })
})
