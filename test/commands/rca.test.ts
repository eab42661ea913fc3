import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rcaCommand } from '../../src/commands/rca.ts'
import { deploy, incidentCase, SETTINGS, shopMetrics } from '../pipeline/rca/builders.ts'

const CASE = incidentCase({
  metrics: shopMetrics({ gateway: { success: 0.7 }, checkout: { success: 0.7 }, payment: { success: 0.7 } }),
  changes: [deploy({ id: 'v2', service: 'payment' })],
})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccp-rca-command-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function run(...files: readonly (readonly [string, string | Buffer])[]) {
  const answers: string[] = []
  const complaints: string[] = []
  for (const [name, content] of files) await writeFile(join(directory, name), content)
  const paths = files.map(([name]) => join(directory, name))
  const exitCode = await rcaCommand(
    paths,
    SETTINGS,
    (line) => answers.push(line),
    (line) => complaints.push(line),
  )
  return { exitCode, answers: answers.map((line) => JSON.parse(line)), complaints }
}

describe('ccp rca', () => {
  it('answers a case with one JSON line: services with confidences, the change, the time taken', async () => {
    const { exitCode, answers } = await run(['case.json', JSON.stringify(CASE)])
    expect(exitCode).toBe(0)
    expect(answers).toHaveLength(1)
    expect(answers[0]).toMatchObject({
      id: 'case-1',
      ranked: [{ service: 'payment', change: 'v2' }, {}, {}, {}],
    })
    expect(answers[0].ms).toBeGreaterThan(0)
    expect(answers[0]).not.toHaveProperty('abstain')
  })

  it('reads gzipped cases, whatever they are called', async () => {
    expect((await run(['case.bin', gzipSync(JSON.stringify(CASE))])).answers[0].ranked[0].service).toBe(
      'payment',
    )
  })

  it('says that it abstains and why, which is an answer', async () => {
    const { exitCode, answers } = await run([
      'case.json',
      JSON.stringify({ ...CASE, metrics: shopMetrics({}), changes: [] }),
    ])
    expect(exitCode).toBe(0)
    expect(answers[0]).toMatchObject({ abstain: true, reason: expect.stringContaining('gateway itself') })
  })

  it('answers the good files and names what is wrong with each bad one', async () => {
    const { exitCode, answers, complaints } = await run(
      ['text.json', 'not json'],
      ['shape.json', JSON.stringify({ ...CASE, detectedAt: 'noon' })],
      ['series.json', JSON.stringify({ ...CASE, metrics: [{ ...CASE.metrics[0], v: [1] }] })],
      ['span.json', JSON.stringify({ ...CASE, spans: [{ t: 1 }] })],
      ['cut.json.gz', gzipSync(JSON.stringify(CASE)).subarray(0, 100)],
      ['good.json', JSON.stringify(CASE)],
    )
    expect(exitCode).toBe(2)
    expect(answers.map(({ id }) => id)).toEqual(['case-1'])
    const expected = [
      /text\.json: is not JSON/,
      /shape\.json.*`detectedAt`: must be epoch seconds/,
      /series\.json: `metrics\.0`.*one length/,
      /span\.json: `spans\.0`/,
      /cut\.json\.gz: is damaged/,
    ]
    expect(complaints).toHaveLength(expected.length)
    for (const [at, pattern] of expected.entries()) expect(complaints[at]).toMatch(pattern)
  })

  it('says which file is missing', async () => {
    const complaints: string[] = []
    const exitCode = await rcaCommand(
      [join(directory, 'gone.json')],
      SETTINGS,
      () => {},
      (line) => complaints.push(line),
    )
    expect(exitCode).toBe(2)
    expect(complaints[0]).toMatch(/gone\.json: there is no such file; name a case file/)
  })
})
