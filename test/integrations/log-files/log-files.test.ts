import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogFiles } from '../../../src/integrations/log-files/log-files.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')
const HOUR = { services: ['payment', 'gateway'], fromMs: START, toMs: START + 3_600_000, limit: 1000 }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccp-log-files-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString()
const json = (seconds: number, message: string): string =>
  `${JSON.stringify({ time: at(seconds), level: 'info', message })}\n`
const source = (options: Partial<ConstructorParameters<typeof LogFiles>[0]> = {}): LogFiles =>
  new LogFiles({ directory, maxBytesPerFile: 8_000_000, ...options })
/** The clock of the machine is later than the window: files count as just written. */
const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text)

describe('log files of a directory', () => {
  it('gives the lines of the services asked for, of all their versions, oldest first', async () => {
    await write('payment@v1.log', json(1, 'a') + json(4, 'd'))
    await write('payment@v2.log', json(2, 'b'))
    await write('gateway@v1.log', json(3, 'c'))
    await write('inventory@v1.log', json(2, 'not asked for'))
    const lines = await source().linesBetween(HOUR)
    expect(lines.map(({ service, line }) => [service, JSON.parse(line).message])).toEqual([
      ['payment', 'a'],
      ['payment', 'b'],
      ['gateway', 'c'],
      ['payment', 'd'],
    ])
    expect(lines[0]?.t).toBe(START / 1000 + 1)
  })

  it('keeps the lines of a stack trace together with the record they belong to', async () => {
    const trace = `${at(5)} ERROR charge failed\nTraceback (most recent call last):\n  File "/app/receipt.py", line 41, in lines\n    zip = order["address"]\nTypeError: none\n${at(6)} INFO next\n`
    await write('payment@v1.log', trace)
    const lines = await source().linesBetween(HOUR)
    expect(lines).toHaveLength(2)
    expect(lines[0]?.line).toContain('receipt.py')
    expect(lines[0]?.line.endsWith('TypeError: none')).toBe(true)
  })

  it('reads JSON and plain lines in one file', async () => {
    await write('payment@v1.log', `${at(1)} INFO listening\n${json(2, 'served')}`)
    expect((await source().linesBetween(HOUR)).map(({ t }) => t - START / 1000)).toEqual([1, 2])
  })

  it('leaves out what is outside the window and keeps the newest beyond the limit', async () => {
    await write(
      'payment@v1.log',
      json(-5, 'early') + json(1, 'a') + json(2, 'b') + json(3, 'c') + json(4000, 'late'),
    )
    const lines = await source().linesBetween({ ...HOUR, limit: 2 })
    expect(lines.map(({ line }) => JSON.parse(line).message)).toEqual(['b', 'c'])
  })

  it('drops a last line that is still being written, and reads it once it is whole', async () => {
    await write('payment@v1.log', json(1, 'a') + json(2, 'b').slice(0, 30))
    expect(await source().linesBetween(HOUR)).toHaveLength(1)
    await appendFile(join(directory, 'payment@v1.log'), json(2, 'b').slice(30))
    expect(await source().linesBetween(HOUR)).toHaveLength(2)
  })

  it('reads on in the file that a rotation put aside', async () => {
    await write('payment@v1.log', json(1, 'old'))
    await rename(join(directory, 'payment@v1.log'), join(directory, 'payment@v1.log.1'))
    await write('payment@v1.log', json(2, 'new'))
    const lines = await source().linesBetween(HOUR)
    expect(lines.map(({ line }) => JSON.parse(line).message)).toEqual(['old', 'new'])
  })

  it('reads only the end of a large file, whole lines from the beginning of the window', async () => {
    const old = Array.from({ length: 60_000 }, (_, n) => json(-60_000 + n, `older ${n} ä`)).join('')
    await write('payment@v1.log', old + json(1, 'wanted'))
    const lines = await source({ maxBytesPerFile: 300_000 }).linesBetween({
      ...HOUR,
      fromMs: START - 1_000_000,
      limit: 5000,
    })
    expect(lines).toHaveLength(1001)
    expect(lines.every(({ line }) => line.startsWith('{') && line.endsWith('}'))).toBe(true)
    const tight = await source({ maxBytesPerFile: 1000 }).linesBetween({
      ...HOUR,
      fromMs: START - 50_000_000,
    })
    expect(tight.length).toBeLessThan(5_000)
  })

  it('does not open files that were last written before the window', async () => {
    await write('payment@v1.log', json(1, 'a'))
    await utimes(join(directory, 'payment@v1.log'), new Date(START - 1000), new Date(START - 1000))
    expect(await source().linesBetween(HOUR)).toEqual([])
  })

  it('takes configured globs in place of the naming by service and version', async () => {
    await write('pay-1.txt', json(1, 'a'))
    const globs = { payment: ['pay-*.txt'] }
    expect(await source({ globs }).linesBetween(HOUR)).toHaveLength(1)
  })

  it('gives records without a time the time of the record before them', async () => {
    await write('payment@v1.log', `${json(7, 'a')}{"message":"no time"}\n`)
    expect((await source().linesBetween(HOUR)).map(({ t }) => t)).toEqual([
      START / 1000 + 7,
      START / 1000 + 7,
    ])
  })

  it('answers with nothing where a service has no file or an empty one', async () => {
    await write('gateway@v1.log', '')
    expect(await source().linesBetween(HOUR)).toEqual([])
  })

  it('says which directory is missing', async () => {
    await expect(
      new LogFiles({ directory: join(directory, 'gone'), maxBytesPerFile: 1 }).linesBetween(HOUR),
    ).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
      message: expect.stringContaining('gone'),
    })
  })
})
