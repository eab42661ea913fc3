import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Logger } from 'pino'
import type { Undeliverable } from '../bot/delivery/thread-delivery.ts'
import type { Config } from '../config/load.ts'
import { createMailer } from '../integrations/email/mailer.ts'
import { createAnalysers, type Analysers } from '../integrations/analysers/create-analysers.ts'
import { SecretlintScanner } from '../integrations/analysers/secretlint-scanner.ts'
import { ClonedRepositories } from '../integrations/git/clones.ts'
import { CommitChanges } from '../integrations/git/commit-changes.ts'
import { configDescriber } from '../integrations/git/describe-config.ts'
import { GitCheckouts } from '../integrations/git/worktrees.ts'
import type { ChatAccess } from '../integrations/llm/chat.ts'
import { ChatDiagnosisReviewer } from '../integrations/llm/chat-diagnosis-reviewer.ts'
import { ChatPatchSuggester } from '../integrations/llm/chat-patch-suggester.ts'
import { deployChanges } from '../integrations/processes/deploy-changes.ts'
import type { ProcessTarget } from '../integrations/processes/process-target.ts'
import type { DeployedReleases } from '../integrations/recordings/recording-text.ts'
import { Recordings } from '../integrations/recordings/recordings.ts'
import { createSandbox } from '../integrations/sandbox/create-sandbox.ts'
import { createOutcomeHistory } from '../integrations/sqlite/fix-outcomes.ts'
import { createLockStore } from '../integrations/sqlite/locks.ts'
import { toCcpError } from '../pipeline/errors.ts'
import type { ExecuteDeps, ServiceRepository } from '../pipeline/execute.ts'
import { knownCauses } from '../pipeline/known-causes.ts'
import { leadsMail, pagesOfIncident, recipients } from '../pipeline/notices.ts'
import { pastIncidents } from '../pipeline/past-incidents.ts'
import type { Journal, Mailer, PageDesk } from '../pipeline/ports.ts'
import type { TopologySource } from '../pipeline/rca/ports.ts'
import { configRepositoryOf, type RepositorySource, type ServiceDefinition } from '../pipeline/services.ts'
import { logSources } from './log-sources.ts'
import type { Observability } from './observability.ts'
import { repositoryOf, serviceRepository } from './service-repository.ts'

export interface PipelineParts {
  readonly config: Config
  readonly db: Database.Database
  readonly journal: Journal
  readonly target: ProcessTarget
  readonly observability: Observability
  readonly topology: TopologySource
  readonly pages: PageDesk
  readonly log: Logger
}

export interface Pipeline {
  readonly deps: ExecuteDeps
  /** Slack does not take the thread: the page and the leads' mail say it instead. */
  tellElsewhere(outage: Undeliverable): void
  close(): Promise<void>
}

/** Fetched ahead twice as often as a clone may be old, so that nothing waits for a fetch in the middle of an incident. */
const FETCH_FRESH_MS = 60_000
const CLONE_AHEAD_MS = 30_000
const PAST_INCIDENTS = 50
const OPEN_INCIDENTS = 500

/** Builds the adapters behind the stages' ports. Clones the repositories ahead, so that a diagnosis does not wait for it. */
export async function composePipeline(parts: PipelineParts): Promise<Pipeline> {
  const { config, db, journal, target, observability, topology, pages, log } = parts
  const { environment, services, access } = config
  const data = (name: string): string => join(environment.CCP_DATA_DIR, name)
  const warn = (text: string): void => log.warn(text)
  const clones = new ClonedRepositories(data('clones'), { freshMs: FETCH_FRESH_MS, report: warn })
  const mailer = mailerFrom(config)
  const sandbox = createSandbox(config.gates)
  const gateTools = createAnalysers({ sandbox, settings: config.gates })
  const nowMs = (): number => Date.now()
  const recordings = recordingsOf(parts, data('recordings'))
  const deps: ExecuteDeps = {
    journal,
    services,
    access,
    locks: createLockStore(db),
    pages,
    mailer,
    target,
    counters: observability.counters,
    concurrency: config.concurrency,
    deployment: config.deployment,
    verification: config.verification,
    nowMs,
    rca: {
      metrics: observability.metrics,
      logs: await logSources(config),
      spans: observability.spans,
      changes: [
        deployChanges(target.history, configDescriber(services, clones)),
        new CommitChanges(services, clones, { deploys: deployChanges(target.history), onLack: warn }),
      ],
      topology,
      services,
      settings: config.rca,
      recorder: recordings,
      reviewer: reviewerFrom(config),
      pastIncidents: () => pastIncidents(journal.records({ openOnly: false, limit: PAST_INCIDENTS })),
      knownCauses: () => knownCauses(journal.records({ openOnly: true, limit: OPEN_INCIDENTS })),
      nowMs,
    },
    planning: {
      templates: config.fixTemplates,
      outcomes: createOutcomeHistory(db),
      suggestPatch: suggesterFrom(config),
      settings: config.planning,
    },
    gates: {
      checkouts: new GitCheckouts(),
      sandbox,
      analysers: gateTools.analysers,
      secretScanner: new SecretlintScanner(),
      settings: config.gates,
    },
    openRepository: (service, part) => openRepository(repositoryOf(service, part ?? 'code'), clones),
  }
  // A repository that takes long is cloned while the bot already works: what it lacks until then is said.
  await Promise.race([cloneAhead(services, clones, log), sleep(CLONE_AHEAD_MS, undefined, { ref: false })])
  void warmUpGates(services, gateTools, log)
  const refresh = setInterval(() => void cloneAhead(services, clones, log), FETCH_FRESH_MS / 2)
  return {
    deps,
    tellElsewhere: (outage) => void tellElsewhere(outage, { pages, mailer, access, log }),
    async close() {
      clearInterval(refresh)
      await recordings?.settled()
      await gateTools.close()
    },
  }
}

/** Null where the configuration keeps none. */
function recordingsOf({ config, target, log }: PipelineParts, directory: string): Recordings | null {
  const { most, mostBytes } = config.rca.recordings
  if (most === 0) return null
  return new Recordings({
    directory,
    most,
    mostBytes,
    deployed: () => deployedReleases(config.services, target),
    report: ({ code, mend, message }) => log.warn({ code, mend }, message),
    nowMs: () => Date.now(),
  })
}

/** The release of each service that takes traffic; one whose releases cannot be read now is left out. */
async function deployedReleases(
  services: readonly ServiceDefinition[],
  target: Pick<ProcessTarget, 'releases'>,
): Promise<DeployedReleases> {
  const asked = await Promise.allSettled(services.map(({ name }) => target.releases(name)))
  return Object.fromEntries(
    asked.flatMap((answer) => {
      const current = answer.status === 'fulfilled' ? answer.value[0] : undefined
      if (current === undefined) return []
      const { service, commit, configCommit } = current
      return [[service, { commit, ...(configCommit === undefined ? {} : { configCommit }) }]]
    }),
  )
}

/** A repository that cannot be cloned is said at the start, and again by the stage that needs it. */
async function cloneAhead(
  services: readonly ServiceDefinition[],
  clones: ClonedRepositories,
  log: Logger,
): Promise<void> {
  const sources = [...services, ...services.flatMap((service) => configRepositoryOf(service) ?? [])]
  const opened = await Promise.allSettled(sources.map((source) => clones.open(source)))
  for (const result of opened) {
    if (result.status === 'fulfilled') continue
    const error = toCcpError(result.reason)
    log.error({ code: error.code, mend: error.mend }, error.message)
  }
}

/** So that the first patch does not wait until the tools of its language are loaded. */
async function warmUpGates(
  services: readonly ServiceDefinition[],
  tools: Analysers,
  log: Logger,
): Promise<void> {
  const languages = new Set(services.map(({ language }) => language))
  const warmed = await Promise.allSettled([...languages].map((language) => tools.warmUp(language)))
  for (const result of warmed) {
    if (result.status === 'rejected')
      log.warn(`the gates' tools could not be loaded ahead: ${toCcpError(result.reason).message}`)
  }
}

async function openRepository(
  service: RepositorySource,
  clones: ClonedRepositories,
): Promise<ServiceRepository> {
  const { directory, stale } = await clones.open(service)
  return serviceRepository(directory, (branch) => clones.push(service, branch), stale)
}

function mailerFrom({ environment }: Config): Mailer | null {
  const {
    SMTP_HOST: host,
    SMTP_PORT: port,
    SMTP_USER: user,
    SMTP_PASSWORD: password,
    SMTP_FROM: from,
  } = environment
  return host === null ? null : createMailer({ host, port, user, password, from })
}

function suggesterFrom(config: Config): ChatPatchSuggester | null {
  const access = modelOf(config)
  return access === null ? null : new ChatPatchSuggester(access)
}

/** Asked only where rca.yaml says so: a model for patches is no model for diagnoses. */
function reviewerFrom(config: Config): ChatDiagnosisReviewer | null {
  const access = modelOf(config)
  return access === null || !config.rca.review.ask ? null : new ChatDiagnosisReviewer(access)
}

function modelOf({ environment }: Config): ChatAccess | null {
  const { CCP_MODEL_URL: url, CCP_MODEL_KEY: key, CCP_MODEL_NAME: model } = environment
  return url === null || model === null ? null : { url, key, model }
}

interface Elsewhere {
  readonly pages: PageDesk
  readonly mailer: Mailer | null
  readonly access: Config['access']
  readonly log: Logger
}

async function tellElsewhere({ record, text, error }: Undeliverable, ways: Elsewhere): Promise<void> {
  const { incidentId } = record.incident
  const commandId = `${incidentId}/${record.version}/undeliverable`
  const why = error === null ? 'Slack does not answer' : error.message
  const told = await Promise.allSettled([
    ...pagesOfIncident(record.incident).map((page) =>
      ways.pages.addNote(page, commandId, `CCP cannot write to Slack (${why}). ${text}`),
    ),
    mailLeads(record, commandId, ways),
  ])
  for (const result of told) {
    if (result.status === 'rejected') ways.log.error({ incidentId }, toCcpError(result.reason).message)
  }
}

async function mailLeads(record: Undeliverable['record'], commandId: string, ways: Elsewhere): Promise<void> {
  const to = recipients(record, ways.access.members, 'leads')
  if (ways.mailer !== null && to.length > 0) await ways.mailer.send({ to, commandId, ...leadsMail(record) })
}
