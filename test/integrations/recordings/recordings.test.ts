import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCaseFile } from '../../../src/commands/case-file.ts'
import { readRecording } from '../../../src/commands/replay/read-recording.ts'
import { recordingFile, Recordings } from '../../../src/integrations/recordings/recordings.ts'
import type { CcpError } from '../../../src/pipeline/errors.ts'
import type { SeenCase } from '../../../src/pipeline/rca/ports.ts'
import { rankCase } from '../../../src/pipeline/rca/rank-case.ts'
import type { IncidentCase } from '../../../src/pipeline/signals/telemetry.ts'
import { deploy, incidentCase, logLine, SETTINGS, shopMetrics } from '../../pipeline/rca/builders.ts'
import { incident } from '../../support/incident-records.ts'

const SECRETS = ['AKIAABCDEFGHIJKLMNOP', 'hunter2hunter2', '4111111111111111']

const CASE: IncidentCase = incidentCase({
  metrics: shopMetrics({ gateway: { success: 0.7 }, checkout: { success: 0.7 }, payment: { success: 0.7 } }),
  changes: [deploy({ id: 'v2', service: 'payment', commit: 'c2', previousCommit: 'c1' })],
  logs: [
    logLine('payment', 3, `ERROR key ${SECRETS[0]} refused`),
    logLine(
      'payment',
      2,
      `{"level":"error","msg":"charge failed","password":12345678,"api_key":"${SECRETS[1]}"}`,
    ),
    logLine('payment', 1, `2026-03-14T02:14:05Z {"msg":"x","token":"${SECRETS[1]}","card":${SECRETS[2]}}`),
  ],
})

const seen = (incidentId: string, incidentCase = CASE): SeenCase => ({
  incident: { ...incident, incidentId, title: `gateway down, password=${SECRETS[1]}` },
  incidentCase,
  missing: ['traces: no answer within 3000 ms; time within requests is not judged'],
  tracing: true,
  gather: SETTINGS.gather,
})

describe('recordings of diagnoses', () => {
  let folder: string
  let reported: CcpError[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-recordings-'))
    reported = []
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const recordings = (limits: { most?: number; mostBytes?: number } = {}, directory = folder) =>
    new Recordings({
      directory,
      most: 10,
      mostBytes: 1_000_000,
      deployed: async () => ({ payment: { commit: 'c2', configCommit: 'k1' } }),
      report: (error) => void reported.push(error),
      nowMs: () => 5_000,
      ...limits,
    })
  const kept = (): readonly string[] => readdirSync(folder).sort()
  const textOf = (id: string): string => gunzipSync(readFileSync(recordingFile(folder, id))).toString('utf8')

  it('give back what was seen, so that it is ranked as it was', async () => {
    const store = recordings()
    store.record(seen('pd-1'))
    await store.settled()
    expect(reported).toEqual([])
    const read = await readRecording(folder, 'pd-1')
    const { missing, tracing, gather } = seen('pd-1')
    expect(read).toMatchObject({
      recordedAtMs: 5_000,
      deployed: { payment: { commit: 'c2', configCommit: 'k1' } },
      missing,
      tracing,
      gather,
    })
    expect(read.incident.incidentId).toBe('pd-1')
    expect(rankCase(read.incidentCase, SETTINGS)).toEqual(rankCase(CASE, SETTINGS))
  })

  it('are cases that `ccp rca` reads', async () => {
    const store = recordings()
    store.record(seen('pd-1'))
    await store.settled()
    const again = await readCaseFile(recordingFile(folder, 'pd-1'))
    expect(again.changes).toEqual(CASE.changes)
    expect(again.metrics).toEqual(CASE.metrics)
  })

  it('hold no secret of the logs or the page, and their JSON lines are still JSON', async () => {
    const store = recordings()
    store.record(seen('pd-1'))
    await store.settled()
    const text = textOf('pd-1')
    for (const secret of [...SECRETS, '12345678']) expect(text).not.toContain(secret)
    const { incidentCase: clean } = await readRecording(folder, 'pd-1')
    expect(JSON.parse(clean.logs[1]?.line ?? '')).toMatchObject({ msg: 'charge failed', password: 0 })
    expect(clean.logs[2]?.line).toMatch(
      /^2026-03-14T02:14:05Z \{"msg":"x","token":"\[redacted\]","card":0\}$/,
    )
  })

  it('Q1 are not waited for', async () => {
    const store = recordings()
    store.record(seen('pd-1'))
    expect(kept()).toEqual([])
    await store.settled()
    expect(kept()).toEqual(['pd-1.json.gz'])
  })

  it('Q2 replace the one before as a whole, and what a dead process left is removed', async () => {
    writeFileSync(join(folder, 'pd-9.json.gz.tmp'), 'cut off')
    const store = recordings()
    store.record(seen('pd-1'))
    store.record(seen('pd-1', { ...CASE, detectedAt: CASE.detectedAt + 60 }))
    await store.settled()
    expect(kept()).toEqual(['pd-1.json.gz'])
    expect((await readRecording(folder, 'pd-1')).incidentCase.detectedAt).toBe(CASE.detectedAt + 60)
  })

  it('Q3 that cannot be written are reported with the mend, stop nothing, and the next is tried again', async () => {
    const blocked = join(folder, 'recordings')
    writeFileSync(blocked, 'a file where the folder should be')
    const store = recordings({}, blocked)
    store.record(seen('pd-1'))
    await store.settled()
    expect(reported[0]?.message).toMatch(
      /the diagnosis of pd-1 saw could not be kept, so it cannot be replayed: E/,
    )
    expect(reported[0]?.mend).toBe('make room in CCP_DATA_DIR, or let the bot write to it')
    rmSync(blocked)
    store.record(seen('pd-2'))
    await store.settled()
    expect(reported).toHaveLength(1)
    expect(readdirSync(blocked)).toEqual(['pd-2.json.gz'])
  })

  it('Q3 are left out where the releases cannot be told', async () => {
    const store = new Recordings({
      directory: folder,
      most: 10,
      mostBytes: 1_000_000,
      deployed: () => Promise.reject(new Error('the router is down')),
      report: (error) => void reported.push(error),
      nowMs: () => 5_000,
    })
    store.record(seen('pd-1'))
    await store.settled()
    expect(reported[0]?.message).toContain('the router is down')
    expect(kept()).toEqual([])
  })

  it('Q4 are as many as configured, the oldest given up first', async () => {
    const store = recordings({ most: 2 })
    for (const [at, id] of ['pd-1', 'pd-2', 'pd-3'].entries()) {
      store.record(seen(id))
      await store.settled()
      utimesSync(recordingFile(folder, id), at, at)
    }
    expect(kept()).toEqual(['pd-2.json.gz', 'pd-3.json.gz'])
  })

  it('Q4 take no more room than configured, and one that is too large by itself is not kept', async () => {
    const first = recordings()
    first.record(seen('pd-1'))
    await first.settled()
    utimesSync(recordingFile(folder, 'pd-1'), 1, 1)
    const { size } = statSync(recordingFile(folder, 'pd-1'))
    const tight = recordings({ mostBytes: Math.round(size * 1.5) })
    tight.record(seen('pd-2'))
    await tight.settled()
    expect(kept()).toEqual(['pd-2.json.gz'])
    const tighter = recordings({ mostBytes: Math.round(size / 2) })
    tighter.record(seen('pd-3'))
    await tighter.settled()
    expect(reported[0]?.message).toMatch(/pd-3.*more than \d+ bytes/)
    expect(reported[0]?.mend).toContain('recordings.mostMegabytes')
    expect(kept()).toEqual(['pd-2.json.gz'])
  })

  it('of an incident that has none are missed with the mend', async () => {
    await expect(readRecording(folder, 'pd-none')).rejects.toThrow(/the diagnosis of pd-none saw is not in/)
  })

  it('of another version or cut off are refused', async () => {
    writeFileSync(recordingFile(folder, 'pd-1'), JSON.stringify({ ...CASE, recording: { version: 99 } }))
    await expect(readRecording(folder, 'pd-1')).rejects.toThrow(/`recording.version` is of another version/)
    writeFileSync(recordingFile(folder, 'pd-2'), '{"id":')
    await expect(readRecording(folder, 'pd-2')).rejects.toThrow('is not JSON')
  })

  it('stay inside their folder, whatever an incident is called', () => {
    expect(recordingFile('/r', '../../etc/passwd')).toBe('/r/..%2F..%2Fetc%2Fpasswd.json.gz')
    expect(recordingFile('/r', 'x'.repeat(400)).length).toBeLessThan(60)
  })
})
