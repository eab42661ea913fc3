import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { benchCases, whatIsMissing, type BenchCase } from '../../../bench/rca/cases.ts'
import { readCaseFile } from '../../../src/commands/case-file.ts'
import { exportCase, exportCommand, provedBy } from '../../../src/commands/replay/export-case.ts'
import { incidentCase } from '../../pipeline/rca/builders.ts'
import { RECORDS } from '../../support/incident-records.ts'
import { INCIDENT, recordedIncident, type Place } from './recorded-incident.ts'

async function casesIn(directory: string): Promise<readonly BenchCase[]> {
  const found: BenchCase[] = []
  for await (const one of benchCases(directory)) found.push(one)
  return found
}

describe('a recorded case that is exported', () => {
  let folder: string
  let place: Place

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-export-test-'))
    place = await recordedIncident(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const cases = (): string => mkdtempSync(join(folder, 'cases-'))

  it('is a case of the bench, with the service whose fix was verified for an answer', async () => {
    const directory = cases()
    const lines: unknown[] = []
    const { database, dataDirectory } = place
    const options = { incidentId: INCIDENT, database, dataDirectory, directory, answer: null }
    expect(await exportCommand(options, (text) => lines.push(JSON.parse(text)))).toBe(0)
    const answer = { service: 'payment', fault: 'TypeError' }
    expect(lines).toEqual([{ id: INCIDENT, file: join(directory, `${INCIDENT}.json.gz`), answer }])
    expect(whatIsMissing(directory)).toBeNull()
    const read = await casesIn(directory)
    expect(read).toMatchObject([{ id: INCIDENT, dataset: 'recorded', answer }])
    expect(read[0]?.incidentCase.logs.length).toBeGreaterThan(0)
  })

  it('has the answer of a person where one is given', async () => {
    const directory = cases()
    const { database, dataDirectory } = place
    const answer = { service: null, fault: 'none', negative: true } as const
    await exportCommand({ incidentId: INCIDENT, database, dataDirectory, directory, answer }, () => undefined)
    expect((await casesIn(directory))[0]?.answer).toEqual(answer)
  })

  it('replaces the one of its id, keeps the others, and is not scored without an answer', async () => {
    const directory = cases()
    exportCase(incidentCase({ id: 'a' }), { service: 'payment', fault: 'x' }, directory)
    exportCase(incidentCase({ id: 'b' }), { service: 'payment', fault: 'x' }, directory)
    exportCase(incidentCase({ id: 'b', detectedAt: 5 }), null, directory)
    expect((await casesIn(directory)).map(({ id }) => id)).toEqual(['a'])
    expect((await readCaseFile(join(directory, 'b.json.gz'))).detectedAt).toBe(5)
  })

  it('is proved by a verified fix alone, and its change by taking that back', () => {
    expect(provedBy(RECORDS.rolledBack)).toBeNull()
    expect(provedBy(RECORDS.awaitingApproval)).toBeNull()
    const { resolved } = RECORDS
    expect(provedBy(resolved)).toEqual({ service: 'payment', fault: 'TypeError' })
    const reverted =
      resolved.patch === null ? null : { ...resolved.patch, strategy: 'revert-commit' as const }
    expect(provedBy({ ...resolved, patch: reverted })).toMatchObject({ change: 'deploy-payment-1f0c9a2' })
  })

  it('does not go into a folder whose index is none', () => {
    const directory = cases()
    writeFileSync(join(directory, 'index.json'), 'not JSON')
    expect(() => exportCase(incidentCase({ id: 'a' }), null, directory)).toThrow(/is no map of cases/)
    expect(readFileSync(join(directory, 'index.json'), 'utf8')).toBe('not JSON')
  })
})
