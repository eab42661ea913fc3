import { describe, expect, it } from 'vitest'
import { ClonedRepositories } from '../../src/integrations/git/clones.ts'
import { GitPatchRepository } from '../../src/integrations/git/patch-repository.ts'
import { GitSourceRepository } from '../../src/integrations/git/source-repository.ts'
import type { FixPlan, Location, Patch } from '../../src/pipeline/contracts.ts'
import { execute, type ExecuteDeps, type ServiceRepository } from '../../src/pipeline/execute.ts'
import type { CommandKind, IncidentRecord, MachineEvent } from '../../src/pipeline/machine.ts'
import { configRepositoryOf, type ServiceDefinition } from '../../src/pipeline/services.ts'
import { aService, TemporaryRepository, temporaryDirectory } from '../integrations/git/temp-repository.ts'
import { aDiagnosis } from './localization/a-diagnosis.ts'
import { SETTINGS, TEMPLATES } from './planning/shipped.ts'
import { RECORDS } from '../support/incident-records.ts'

const SETTLEMENT =
  'from payment.settings import ACCOUNTS\n\n\ndef account_for(currency):\n    return ACCOUNTS[currency]\n'
const HEALTHY = 'DECLINE=70\n\nSETTLE_EUR=FRA\nSETTLE_GBP=LON\n'
const RENAMED = HEALTHY.replace('SETTLE_GBP=LON', 'SETTLE_GPB=EDI')
const TRACE = `Traceback (most recent call last):
  File "/app/payment/settlement.py", line 5, in account_for
    return ACCOUNTS[currency]
KeyError: 'GBP'`

/** A service whose newest release differs in its configuration alone, and what the interpreter needs to mend it. */
function world() {
  const code = new TemporaryRepository()
  const codeCommit = code.commit('settlement', { 'payment/settlement.py': SETTLEMENT })
  const settings = new TemporaryRepository()
  const before = settings.commit('the settings', { 'payment.env': HEALTHY })
  const culprit = settings.commit('pounds in Edinburgh', { 'payment.env': RENAMED })
  const running = settings.commit('decline from 72', { 'payment.env': RENAMED.replace('70', '72') })
  const config = { repository: settings.directory, branch: 'main', path: 'payment.env' }
  const service = aService({
    repository: code.directory,
    config: { ...config, testCommand: null, protectedPaths: [] },
  })
  const clones = new ClonedRepositories(temporaryDirectory())
  const change = {
    id: 'config-1',
    service: 'payment',
    kind: 'config' as const,
    at: 1,
    summary: 'configuration',
    completedAt: 1,
    newInstances: ['v1-b'],
    oldInstances: ['v1'],
    targetReplicas: 1,
    commit: running,
    previousCommit: before,
  }
  const cause = { service: 'payment', change, confidence: 0.95, summary: '', path: ['payment'] }
  const diagnosis = {
    ...aDiagnosis(TRACE),
    hypotheses: [{ ...cause, evidenceFor: [], evidenceAgainst: [] }],
  }
  const intents: unknown[] = []
  const deps = {
    journal: { intend: (_: unknown, details: unknown) => void intents.push(details), records: () => [] },
    rca: { metrics: { seriesBetween: async () => [] } },
    services: [service],
    target: {
      releases: async () => [
        {
          service: 'payment',
          version: 'v1-b',
          commit: codeCommit,
          configCommit: running,
          startedAtMs: 0,
          weightPercent: 100,
          running: true,
        },
      ],
    },
    planning: {
      templates: TEMPLATES,
      outcomes: { outcomesOf: async () => ({ worked: 0, failed: 0 }) },
      suggestPatch: null,
      settings: SETTINGS,
    },
    openRepository: (asked: ServiceDefinition, part = 'code') => open(asked, part, clones),
    nowMs: () => 1_000,
  } as unknown as ExecuteDeps
  const record: IncidentRecord = {
    ...RECORDS.planned,
    diagnosis,
    location: null,
    plan: null,
    patch: null,
    gates: null,
  }
  const carryOut = async (kind: CommandKind, of: IncidentRecord): Promise<MachineEvent | null> => {
    const command = {
      commandId: '1',
      incidentId: 'i',
      kind,
      epoch: 1,
      attempt: 1,
      interrupted: false,
      record: of,
    }
    return (await execute(command, deps)).event
  }
  return { carryOut, record, settings, code, codeCommit, running, culprit, intents }
}

async function open(
  service: ServiceDefinition,
  part: string,
  clones: ClonedRepositories,
): Promise<ServiceRepository> {
  const source = part === 'code' ? service : configRepositoryOf(service)
  if (source === null) throw new Error('the service has no configuration')
  const { directory } = await clones.open(source)
  const [read, write] = [new GitSourceRepository(directory), new GitPatchRepository(directory)]
  return {
    directory,
    filesAt: (commit) => read.filesAt(commit),
    readFile: (commit, path) => read.readFile(commit, path),
    blame: (commit, path, line) => read.blame(commit, path, line),
    commitsTouching: (query) => read.commitsTouching(query),
    commitsTouchingLines: (query) => read.commitsTouchingLines(query),
    linesChanged: (since, until) => read.linesChanged(since, until),
    commitFiles: (change) => write.commitFiles(change),
    revertedFiles: (base, commit) => write.revertedFiles(base, commit),
    filesTurning: (base, target) => write.filesTurning(base, target),
    diff: (base, commit) => write.diff(base, commit),
    push: (branch) => clones.push(source, branch),
  }
}

const located = (event: MachineEvent | null): Location => {
  if (event?.kind !== 'located') throw new Error(JSON.stringify(event))
  return event.location
}
const planned = (event: MachineEvent | null): FixPlan => {
  if (event?.kind !== 'planned') throw new Error(JSON.stringify(event))
  return event.plan
}
const patched = (event: MachineEvent | null): Patch => {
  if (event?.kind !== 'patched') throw new Error(JSON.stringify(event))
  return event.patch
}

describe('an incident whose cause is a change of configuration', () => {
  it('is located in the configuration, with the place in the code where it surfaced beside', async () => {
    const { carryOut, record, settings, culprit, codeCommit } = world()
    const location = located(await carryOut('localize', record))
    expect(location).toMatchObject({
      file: 'payment.env',
      line: 4,
      symbol: 'SETTLE_GBP',
      baseCommit: settings.head(),
      suspectCommit: { commit: culprit },
      config: {
        surfaced: { file: 'payment/settlement.py', line: 5, symbol: 'account_for', baseCommit: codeCommit },
      },
    })
  })

  it('is mended by a commit on a branch of its own in the repository of the configuration', async () => {
    const { carryOut, record, settings, code, codeCommit, running, intents } = world()
    const location = located(await carryOut('localize', record))
    const plan = planned(await carryOut('plan-fix', { ...record, location }))
    const patch = patched(await carryOut('write-patch', { ...record, location, plan }))
    expect(patch).toMatchObject({
      strategy: 'config-change',
      baseCommit: running,
      pair: { part: 'config', otherCommit: codeCommit },
      files: [{ path: 'payment.env', added: 1, removed: 1 }],
      regressionTest: { kind: 'none' },
    })
    expect(intents).toEqual([{ service: 'payment', part: 'config', base: running }])
    expect(settings.git('show', `${patch.branch}:payment.env`)).toBe(
      HEALTHY.replace('70', '72').trimEnd(), // the other commit of the change stays
    )
    expect(settings.git('log', '-1', '--format=%B', patch.branch)).toMatch(
      /SETTLE_GBP removed \(was LON\)\nat payment\.env:4\.\n\nIt surfaced as KeyError: 'GBP'\nat payment\/settlement\.py:5 of the code\./,
    )
    expect(code.git('branch', '--list', 'ccp/*')).toBe('')
  })

  it('is mended in the code where a person wants it so, beside the configuration that runs', async () => {
    const { carryOut, record, code, settings, running } = world()
    const location = located(await carryOut('localize', record))
    const plan = planned(await carryOut('plan-fix', { ...record, location }))
    const inCode = plan.candidates.find(({ strategy, recipe }) => strategy === 'template' && recipe !== null)
    if (inCode === undefined) throw new Error('no template fits')
    const asked = { ...record, location, plan: { ...plan, chosenId: inCode.candidateId } }
    const patch = patched(await carryOut('write-patch', asked))
    expect(patch).toMatchObject({
      baseCommit: code.head(),
      pair: { part: 'code', otherCommit: running },
      files: [{ path: 'payment/settlement.py' }],
    })
    expect(settings.git('branch', '--list', 'ccp/*')).toBe('')
  })
})
