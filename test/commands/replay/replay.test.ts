import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { replayCommand } from '../../../src/commands/replay/replay.ts'
import type { ReplaySettings } from '../../../src/commands/replay/without-effects.ts'
import { recordingFile } from '../../../src/integrations/recordings/recordings.ts'
import { INCIDENT, recordedIncident, type Place } from './recorded-incident.ts'

interface Line {
  readonly stage: string
  readonly same: boolean
  readonly recorded: Record<string, unknown> | null
  readonly replayed: Record<string, unknown> | null
  readonly differs: readonly string[]
  readonly ms: number
}

describe('ccp replay', () => {
  let folder: string
  let place: Place

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ccp-replay-test-'))
    place = await recordedIncident(folder)
  })
  afterEach(() => vi.unstubAllEnvs())
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function replay(
    changes: Partial<ReplaySettings> = {},
    { incidentId = INCIDENT, dataDirectory = place.dataDirectory } = {},
  ) {
    const lines: Line[] = []
    const { database, settings } = place
    const options = { incidentId, database, dataDirectory, gates: false }
    const code = await replayCommand(options, { ...settings, ...changes }, (text) =>
      lines.push(JSON.parse(text) as Line),
    )
    return { code, lines, of: (stage: string) => lines.find((line) => line.stage === stage) }
  }

  it('answers as it was recorded where neither code nor configuration changed', async () => {
    const { code, lines, of } = await replay()
    expect(lines.map(({ stage }) => stage)).toEqual(['diagnose', 'localize', 'plan', 'patch', 'verify'])
    for (const line of lines) expect(line.differs, line.stage).toEqual([])
    expect(code).toBe(0)
    expect(of('diagnose')?.replayed).toMatchObject({ cause: 'payment', change: 'v31', fault: 'exception' })
    expect(of('localize')?.replayed).toMatchObject({ file: 'payment/receipt.py', line: 3 })
    expect(of('patch')?.replayed?.['diffSha256']).toMatch(/^[0-9a-f]{64}$/)
    expect(of('verify')?.replayed).toMatchObject({ decision: 'pass' })
  })

  it('leaves journal, recording and repositories as they were, and nothing behind', async () => {
    const { database, dataDirectory, repositories } = place
    const state = () => ({
      journal: hash(database),
      recording: hash(recordingFile(join(dataDirectory, 'recordings'), INCIDENT)),
      refs: repositories.map((directory) => git(directory, 'for-each-ref')),
      objects: repositories.map((directory) => git(directory, 'count-objects', '-v')),
      data: readdirSync(dataDirectory, { recursive: true }).sort(),
    })
    const temporary = mkdtempSync(join(folder, 'temporary-'))
    vi.stubEnv('TMPDIR', temporary)
    const before = state()
    const { of } = await replay()
    expect(of('patch')?.replayed).not.toBeNull()
    expect(state()).toEqual(before)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('shows what a change of rca.yaml would have changed, down to the stages that are not reached', async () => {
    const { code, of } = await replay({ rca: { ...place.settings.rca, abstainBelow: 1 } })
    expect(code).toBe(1)
    expect(of('diagnose')?.differs).toContain('cause: "payment" -> null')
    expect(of('plan')).toMatchObject({ same: false, replayed: null, differs: ['it is not reached now'] })
    expect(of('verify')?.same).toBe(true)
  })

  it('reads no further back than rca.yaml says now', async () => {
    const { rca } = place.settings
    const gather = { ...rca.gather, logHistoryMs: 1 }
    const { of } = await replay({ rca: { ...rca, gather } })
    expect(of('diagnose')?.replayed).toMatchObject({ cause: 'payment', exception: null })
  })

  it('shows which looks at the canary verification.yaml would have ended otherwise', async () => {
    const { code, of } = await replay({ verification: { ...place.settings.verification, beta: 1e-12 } })
    expect(code).toBe(1)
    expect(of('patch')?.same).toBe(true)
    expect(of('verify')?.differs[0]).toMatch(
      /^look \d+, [\d.]+ s at 10 %: pass, (advance|wait) -> inconclusive, wait \(/,
    )
  })

  it('judges by the steps of deployment.yaml as well', async () => {
    const { deployment } = place.settings
    const canary10 = { ...deployment.canary10, soakMs: 3_600_000 }
    const { of } = await replay({ deployment: { ...deployment, canary10 } })
    expect(of('verify')?.differs[0]).toMatch(/at 10 %: pass, advance -> pass, wait \(.*Soaking/)
  })

  it('shows the other patch where another fix would have been chosen', async () => {
    const { code, of } = await replay({ fixTemplates: [] })
    expect(code).toBe(1)
    expect(of('plan')?.differs.join('\n')).toContain('chosen: "Guard `address` against None in receipt.py:3"')
    expect(of('patch')?.replayed?.['diff']).toContain('-    country = address["country"]')
  })

  /** The bot's data without one of its folders. */
  function dataWithout(name: string): string {
    const copy = mkdtempSync(join(folder, 'data-'))
    cpSync(place.dataDirectory, copy, { recursive: true })
    rmSync(join(copy, name), { recursive: true })
    return copy
  }

  it('makes do without the clone of the bot', async () => {
    const dataDirectory = dataWithout('clones')
    const { code } = await replay({}, { dataDirectory })
    expect(code).toBe(0)
    expect(existsSync(join(dataDirectory, 'clones'))).toBe(false)
  })

  it('says that a stage fails today, and why', async () => {
    const services = place.settings.services.map((service) => ({ ...service, repository: '/nowhere' }))
    const { code, of } = await replay({ services })
    expect(code).toBe(1)
    expect(JSON.stringify(of('localize')?.replayed)).toContain('there is no /nowhere')
  })

  it('replays the first try of an incident that had two, and the rollouts of both', async () => {
    const own = join(folder, 'two-tries')
    mkdirSync(own)
    const { database, dataDirectory, settings } = await recordedIncident(own, [0.9, 0])
    const lines: Line[] = []
    const options = { incidentId: INCIDENT, database, dataDirectory, gates: false }
    const code = await replayCommand(options, settings, (text) => lines.push(JSON.parse(text) as Line))
    for (const line of lines) expect(line.differs, line.stage).toEqual([])
    expect(code).toBe(0)
    const [first, second] = lines.filter(({ stage }) => stage === 'verify')
    expect(first?.replayed).toMatchObject({ canary: 'canary-1', decision: 'fail' })
    expect(second?.replayed).toMatchObject({ canary: 'canary-2', decision: 'pass' })
  })

  it('replays a change of configuration in the repository where the configuration lives', async () => {
    const own = join(folder, 'config-at-fault')
    mkdirSync(own)
    const { database, dataDirectory, settings } = await recordedIncident(own, [0], 'config')
    const lines: Line[] = []
    const options = { incidentId: INCIDENT, database, dataDirectory, gates: false }
    const code = await replayCommand(options, settings, (text) => lines.push(JSON.parse(text) as Line))
    for (const line of lines) expect(line.differs, line.stage).toEqual([])
    expect(code).toBe(0)
    const of = (stage: string) => lines.find((line) => line.stage === stage)?.replayed
    expect(of('localize')).toMatchObject({ file: 'payment.env' })
    expect(of('plan')?.['chosen']).toMatch(/^Revert .* in the configuration$/)
    expect(of('patch')).toMatchObject({ files: [{ path: 'payment.env' }] })
  })

  it('refuses an incident that the journal does not know', async () => {
    await expect(replay({}, { incidentId: 'pd-none' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('knows no incident pd-none'),
      mend: expect.stringContaining('`ccp incidents`'),
    })
  })

  it('refuses an incident without a recording, with the mend', async () => {
    await expect(replay({}, { dataDirectory: dataWithout('recordings') })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`the diagnosis of ${INCIDENT} saw is not in`),
      mend: expect.stringContaining('CCP_DATA_DIR'),
    })
  })
})

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function git(directory: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: directory, encoding: 'utf8' })
}
