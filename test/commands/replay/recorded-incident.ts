import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { REPLAY_SETTINGS } from '../../../src/commands/replay/replay.ts'
import type { ReplaySettings } from '../../../src/commands/replay/without-effects.ts'
import { repositoryOf, serviceRepository } from '../../../src/commands/service-repository.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { ClonedRepositories } from '../../../src/integrations/git/clones.ts'
import { Recordings } from '../../../src/integrations/recordings/recordings.ts'
import { createOutcomeHistory } from '../../../src/integrations/sqlite/fix-outcomes.ts'
import { createJournal } from '../../../src/integrations/sqlite/journal.ts'
import { openDatabase } from '../../../src/integrations/sqlite/open-database.ts'
import type { ReleasePart, Rollout } from '../../../src/pipeline/contracts.ts'
import { nextStep } from '../../../src/pipeline/deployment/next-step.ts'
import { execute, type ExecuteDeps } from '../../../src/pipeline/execute.ts'
import type { CommandKind, MachineEvent } from '../../../src/pipeline/machine.ts'
import type { Journal } from '../../../src/pipeline/ports.ts'
import type { Change } from '../../../src/pipeline/signals/telemetry.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import { aService, TemporaryRepository } from '../../integrations/git/temp-repository.ts'
import { deploy, logLine, NOW, shopMetrics } from '../../pipeline/rca/builders.ts'
import {
  approval,
  block,
  incident as page,
  ON_CALL,
  person,
  report,
  rollout,
  vote,
} from '../../support/incident-records.ts'

export const INCIDENT = 'pd-REPLAY'

const RECEIPT = `def build_receipt(order):
    address = order.get("billing_address")
    country = address["country"]
    return {"country": country}
`
const APP = `from payment.receipt import build_receipt


def charge(order):
    return build_receipt(order)
`
const TRACE = `2023-11-14T22:13:15.000Z ERROR charge failed
Traceback (most recent call last):
  File "/app/payment/app.py", line 5, in charge
    return build_receipt(order)
  File "/app/payment/receipt.py", line 3, in build_receipt
    country = address["country"]
TypeError: 'NoneType' object is not subscriptable`

/** What a bot left behind: its journal, its data, and the repositories that it works with. */
export interface Place {
  readonly database: string
  readonly dataDirectory: string
  readonly settings: ReplaySettings
  /** Every repository that must stay as it is: the service's own and the bot's clone of it. */
  readonly repositories: readonly string[]
}

/**
 * One incident of a shop in which payment crashes, through the real stages and the real journal to its end: a try for each of
 * the error ratios of its canaries. What was deployed before is a commit of its code, or one of its configuration.
 */
export async function recordedIncident(
  folder: string,
  canaryErrorRatios = [0],
  culprit: 'code' | 'config' = 'code',
): Promise<Place> {
  const dataDirectory = join(folder, 'data')
  mkdirSync(dataDirectory)
  mkdirSync(join(folder, 'payment'))
  const payment = new TemporaryRepository(join(folder, 'payment'))
  payment.commit('start', { 'README.md': 'payment\n' })
  const healthy = payment.commit('charge', {
    'payment/__init__.py': '',
    'payment/app.py': APP,
    'payment/receipt.py': 'def build_receipt(order):\n    return {}\n',
  })
  const faulty = payment.commit('receipt: print the country', { 'payment/receipt.py': RECEIPT })
  const config = configRepository(folder)
  const settings = settingsFor(payment.directory, config.directory)
  const clones = new ClonedRepositories(join(dataDirectory, 'clones'))
  const service = settings.services.find(({ name }) => name === 'payment')
  if (service === undefined) throw new Error('payment is not configured')
  const { directory: clone } = await clones.open(service)
  const { directory: configClone } = await clones.open(repositoryOf(service, 'config'))
  const release =
    culprit === 'code'
      ? deploy({ ...RELEASED, commit: faulty, previousCommit: healthy })
      : deploy({ ...RELEASED, kind: 'config', commit: config.faulty, previousCommit: config.healthy })
  const recordings = new Recordings({
    directory: join(dataDirectory, 'recordings'),
    most: 10,
    mostBytes: 10_000_000,
    deployed: async () => ({ payment: { commit: faulty } }),
    report: (error) => {
      throw error
    },
    nowMs: () => NOW * 1000,
  })
  const database = join(folder, 'journal.sqlite')
  const { db, close } = openDatabase(database)
  const journal = createJournal(db, { timing: { observeEveryMs: 1, lockRetryMs: 1 }, leaseMs: 60_000 })
  const deps = {
    ...settings,
    journal,
    nowMs: () => NOW * 1000,
    target: { releases: async () => [{ commit: faulty, configCommit: config.faulty }] },
    rca: {
      ...sources(release),
      services: settings.services,
      settings: settings.rca,
      recorder: recordings,
    },
    planning: {
      templates: settings.fixTemplates,
      outcomes: createOutcomeHistory(db),
      suggestPatch: null,
      settings: settings.planning,
    },
    openRepository: async (_service: unknown, part?: ReleasePart) =>
      serviceRepository(part === 'config' ? configClone : clone, async () => undefined),
  } as unknown as ExecuteDeps
  await live(new Life(journal, settings), deps, canaryErrorRatios)
  await recordings.settled()
  db.pragma('wal_checkpoint(TRUNCATE)')
  close()
  return {
    database,
    dataDirectory,
    settings,
    repositories: [payment.directory, clone, config.directory, configClone],
  }
}

const RELEASED = { id: 'v31', service: 'payment', at: NOW - 25 }

/** Payment's configuration: of the last two commits the first served, and the second took a setting away. */
function configRepository(folder: string) {
  mkdirSync(join(folder, 'config'))
  const repository = new TemporaryRepository(join(folder, 'config'))
  repository.commit('payment: the first settings', { 'payment.env': 'CURRENCY=EUR\n' })
  const settings = 'CURRENCY=EUR\nDEFAULT_COUNTRY=CH\n'
  const healthy = repository.commit('payment: default to Switzerland', { 'payment.env': settings })
  const faulty = repository.commit('payment: no default country', { 'payment.env': 'CURRENCY=EUR\n' })
  return { directory: repository.directory, healthy, faulty }
}

/** The shipped settings, with the steps of the demo's canary and a shop of which only payment has a repository. */
function settingsFor(repository: string, configDirectory: string): ReplaySettings {
  const { deployment, verification } = loadSettings(['deployment', 'verification'], {
    CCP_CONFIG_DIR: 'demo/config',
  })
  const config = {
    repository: configDirectory,
    branch: 'main',
    path: 'payment.env',
    testCommand: null,
    protectedPaths: [],
  }
  const services = [
    aService({ name: 'gateway', dependsOn: ['checkout'] }),
    aService({ name: 'checkout', dependsOn: ['payment', 'inventory'] }),
    aService({ name: 'payment', repository, config }),
    aService({ name: 'inventory' }),
  ]
  return { ...loadSettings(REPLAY_SETTINGS, {}), deployment, verification, services }
}

function sources(release: Change) {
  const failing = { success: 0.7 }
  const metrics = shopMetrics({ gateway: failing, checkout: failing, payment: failing }, { sinceS: 20 })
  const logs = Array.from({ length: 12 }, (_, k) => logLine('payment', 18 - k, TRACE))
  return {
    metrics: { seriesBetween: async () => metrics },
    logs: [{ linesBetween: async () => logs }],
    spans: null,
    changes: [{ changesBetween: async () => [release] }],
    topology: { topology: async () => ({ nodes: [], edges: [] }) },
    nowMs: () => NOW * 1000,
  }
}

const MACHINE = { kind: 'machine', part: 'test' } as const

/** The incident's life in the journal, moment by moment. */
class Life {
  readonly journal: Journal
  readonly settings: ReplaySettings
  #count = 0
  #atMs = NOW * 1000

  constructor(journal: Journal, settings: ReplaySettings) {
    this.journal = journal
    this.settings = settings
  }

  tell(event: MachineEvent, passMs = 100): void {
    this.#count += 1
    this.#atMs += passMs
    const actor = event.kind === 'voted' ? person(ON_CALL) : MACHINE
    const eventId = `e${this.#count}`
    const told = this.journal.submit({ eventId, incidentId: INCIDENT, event, actor, atMs: this.#atMs })
    if (told.kind !== 'applied') throw new Error(`${event.kind} was ignored`)
  }

  /** Carries out the next command of that kind; what else is due is for others. */
  async run(kind: CommandKind, deps: ExecuteDeps): Promise<void> {
    for (;;) {
      const command = this.journal.claim('work', this.#atMs)
      if (command === null) throw new Error(`no ${kind} is due`)
      const event = command.kind === kind ? (await execute(command, deps)).event : null
      this.#atMs += 100
      this.journal.finish(command, event, { atMs: this.#atMs, workMs: 100 })
      if (command.kind === kind) return
    }
  }

  /** From the gates on: agreed to, and looked at once a second with that error ratio, to its end. */
  rollOut(number: number, canaryErrorRatio: number): void {
    this.tell({ kind: 'gated', report, approval })
    this.tell({ kind: 'voted', vote: vote(ON_CALL, 'on-call') })
    this.tell({ kind: 'locksAcquired' })
    const canaryVersion = `canary-${number}`
    const started = { incidentId: INCIDENT, service: 'payment', canaryVersion, startedAtMs: this.#atMs }
    this.tell({ kind: 'canaryReady', rollout: { ...rollout, ...started } })
    for (const percent of [10, 50, 100]) {
      this.tell({ kind: 'weightSet', percent, deadlineMs: this.#atMs + 60_100 })
      for (let step = ''; step !== 'advance';) {
        step = this.#look(percent, canaryErrorRatio)
        if (step === 'rollBack') return this.tell({ kind: 'rolledBack', detail: 'all on the old release' })
      }
    }
    this.tell({ kind: 'rolloutFinished' })
  }

  #look(percent: number, canaryErrorRatio: number): string {
    const before = this.journal.record(INCIDENT)?.rollout
    if (before === null || before === undefined) throw new Error('there is no rollout')
    const { deployment, verification } = this.settings
    const lookMs = this.#atMs + 1_000
    const measured = block(lookMs - 1_000, percent, { control: 0.3, canary: canaryErrorRatio })
    const seen: Rollout = {
      ...before,
      health: { healthy: true, detail: '' },
      blocks: [...before.blocks, { ...measured, toMs: lookMs - 10 }],
    }
    const verdict = verify(seen, verification, { errorRatio: 0.01, latencyP95Ms: null }, 'fix')
    const { kind: step, reason } = nextStep(seen, verdict, deployment, lookMs)
    this.tell({ kind: 'observed', rollout: seen, verdict, step, reason }, 1_000)
    return step
  }
}

async function live(life: Life, deps: ExecuteDeps, canaryErrorRatios: readonly number[]): Promise<void> {
  const detectedAtMs = NOW * 1000
  life.tell({ kind: 'opened', incident: { ...page, incidentId: INCIDENT, detectedAtMs } })
  await life.run('diagnose', deps)
  await life.run('localize', deps)
  for (const [at, ratio] of canaryErrorRatios.entries()) {
    await life.run('plan-fix', deps)
    await life.run('write-patch', deps)
    life.rollOut(at + 1, ratio)
  }
}
