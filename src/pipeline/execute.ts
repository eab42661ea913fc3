import type { AccessPolicy } from './access.ts'
import { requestApproval } from './approval.ts'
import type {
  Diagnosis,
  FixPlan,
  GateReport,
  Location,
  Patch,
  ReleasePart,
  StageName,
  StageOutcome,
} from './contracts.ts'
import { earlierTries } from './earlier-tries.ts'
import { CcpError } from './errors.ts'
import { followLink, linkToLeader, type LinkDeps } from './execute-link.ts'
import { executeNotice, type NoticeDeps } from './execute-notice.ts'
import { executeRollout, type RolloutPorts } from './execute-rollout.ts'
import { evaluateGates } from './gates/evaluate-gates.ts'
import type { GateDeps } from './gates/ports.ts'
import { localize } from './localization/localize.ts'
import { localizeConfig } from './localization/localize-config.ts'
import type { SourceRepository } from './localization/ports.ts'
import type { IncidentRecord, MachineEvent } from './machine.ts'
import type { PatchRepository } from './patching/ports.ts'
import { writePatch } from './patching/write-patch.ts'
import type { ConfigRelease } from './planning/config-candidates.ts'
import { planFix, type PlanDeps } from './planning/plan-fix.ts'
import type { ClaimedCommand, Journal, LockStore } from './ports.ts'
import { diagnose, type DiagnoseDeps } from './rca/diagnose.ts'
import { pairOf, type ReleasePair } from './release-pair.ts'
import type { Executed } from './run.ts'
import type { ServiceDefinition } from './services.ts'

/** A service's repository as the bot keeps it: read from, committed to, and pushed where people look. */
export interface ServiceRepository extends SourceRepository, PatchRepository {
  push(branch: string): Promise<void>
  /** Why it is older than where it comes from, in words; null or absent where it is not. */
  readonly stale?: string | null
}

export interface ExecuteDeps extends RolloutPorts, NoticeDeps {
  readonly journal: Pick<Journal, 'intend' | 'record' | 'records' | 'submit'>
  readonly services: readonly ServiceDefinition[]
  readonly access: AccessPolicy
  readonly locks: LockStore
  readonly rca: DiagnoseDeps
  readonly planning: Pick<PlanDeps, 'templates' | 'outcomes' | 'suggestPatch' | 'settings'>
  /** What the gates need beside the patch's own service and confidence. */
  readonly gates: Omit<
    GateDeps,
    'service' | 'code' | 'dependents' | 'confidence' | 'confidenceBasis' | 'nowMs'
  >
  /** Of the service's code, or of its configuration. Throws CcpError `not-found` where it has no such repository. */
  openRepository(service: ServiceDefinition, part?: ReleasePart): Promise<ServiceRepository>
  nowMs(): number
}

/** Carries out one command: gathers what its stage needs from the record, calls it, and words its answer as an event. */
export async function execute(command: ClaimedCommand, deps: ExecuteDeps): Promise<Executed> {
  const { record, kind } = command
  switch (kind) {
    case 'diagnose':
      return event(
        stop('rca', await diagnose(record.incident, deps.rca), (diagnosis) => ({
          kind: 'diagnosed',
          diagnosis,
        })),
      )
    case 'localize':
      return event(linkToLeader(record, linkDeps(deps)) ?? (await localizeCause(record, deps)))
    case 'follow-link':
      return event(await followLink(record, linkDeps(deps)))
    case 'plan-fix':
      return event(await plan(record, deps))
    case 'write-patch':
      return event(await patch(command, deps))
    case 'evaluate-gates':
      return event(await gate(record, deps))
    case 'expire-approval':
      return event(
        record.approval === null
          ? null
          : { kind: 'approvalExpired', bindingHash: record.approval.bindingHash },
      )
    case 'acquire-locks':
    case 'release-locks':
    case 'prepare-canary':
    case 'set-weight':
    case 'observe':
    case 'finish-rollout':
    case 'roll-back':
      return executeRollout(command, deps)
    case 'note-page':
    case 'resolve-page':
    case 'escalate-page':
    case 'email-approvers':
    case 'email-leads':
      return executeNotice(command, deps)
  }
}

function linkDeps(deps: ExecuteDeps): LinkDeps {
  const { journal, rca, services } = deps
  return { journal, metrics: rca.metrics, services, nowMs: () => deps.nowMs() }
}

function event(made: MachineEvent | null): Executed {
  return { event: made }
}

function stop<T>(stage: StageName, outcome: StageOutcome<T>, done: (value: T) => MachineEvent): MachineEvent {
  switch (outcome.kind) {
    case 'done':
      return done(outcome.value)
    case 'gaveUp':
      return { kind: 'stageStopped', stage, reason: outcome.reason }
    case 'blocked':
      return { kind: 'stageStopped', stage, reason: `blocked by ${outcome.by.join('; ')}` }
  }
}

async function localizeCause(record: IncidentRecord, deps: ExecuteDeps): Promise<MachineEvent> {
  const diagnosis = demand(record.diagnosis, 'diagnosis')
  const cause = demand(diagnosis.hypotheses[0], 'hypothesis')
  const service = serviceNamed(cause.service, deps.services)
  const running = await runningOf(service, deps)
  const isInConfig = cause.change?.kind === 'config' && service.config !== undefined
  const outcome =
    isInConfig && running.configCommit !== undefined
      ? await localizeInConfig(diagnosis, service, running, deps)
      : await localizeInCode(diagnosis, service, running, deps)
  return stop('localization', outcome, (location) => ({ kind: 'located', location }))
}

async function localizeInCode(
  diagnosis: Diagnosis,
  service: ServiceDefinition,
  { commit: deployedCommit }: ReleasePair,
  deps: ExecuteDeps,
): Promise<StageOutcome<Location>> {
  const repository = await deps.openRepository(service)
  const previousCommit = codeBefore(diagnosis, deployedCommit)
  const outcome = await localize(diagnosis, { service, repository, deployedCommit, previousCommit })
  return withDoubt(outcome, repository.stale ?? null)
}

function withDoubt(outcome: StageOutcome<Location>, doubt: string | null): StageOutcome<Location> {
  if (outcome.kind !== 'done' || doubt === null) return outcome
  return { kind: 'done', value: { ...outcome.value, doubts: [...outcome.value.doubts, doubt] } }
}

async function localizeInConfig(
  diagnosis: Diagnosis,
  service: ServiceDefinition,
  running: ReleasePair,
  deps: ExecuteDeps,
): Promise<StageOutcome<Location>> {
  const inCode =
    diagnosis.stackTrace === null ? null : await localizeInCode(diagnosis, service, running, deps)
  const repository = await deps.openRepository(service, 'config')
  const outcome = await localizeConfig(diagnosis, {
    service,
    path: demand(service.config, 'configuration').path,
    repository,
    deployedCommit: demand(running.configCommit, 'configuration in production'),
    previousCommit: diagnosis.hypotheses[0]?.change?.previousCommit ?? null,
    surfaced: inCode?.kind === 'done' ? inCode.value : null,
  })
  return withDoubt(outcome, repository.stale ?? null)
}

/** The code in production before; the same where only the configuration changed, null where that is not known. */
function codeBefore({ hypotheses }: Diagnosis, deployedCommit: string): string | null {
  const change = hypotheses[0]?.change
  return change?.kind === 'config' ? deployedCommit : (change?.previousCommit ?? null)
}

async function plan(record: IncidentRecord, deps: ExecuteDeps): Promise<MachineEvent> {
  const location = demand(record.location, 'location')
  const diagnosis = demand(record.diagnosis, 'diagnosis')
  const service = serviceNamed(location.service, deps.services)
  const repository = await deps.openRepository(service)
  const { commit: deployedCommit } = await runningOf(service, deps)
  const previousCommit = codeBefore(diagnosis, deployedCommit)
  const inRelease = await repository.commitsTouching({
    until: deployedCommit,
    since: previousCommit,
    paths: [],
    limit: MOST_OTHER_COMMITS,
  })
  const suspect = location.suspectCommit?.commit
  const otherCommitsInRelease =
    previousCommit === null ? [] : inRelease.filter(({ commit }) => commit !== suspect)
  const outcome = await planFix(location, {
    ...deps.planning,
    diagnosis,
    service,
    repository,
    release: { deployedCommit, previousCommit, otherCommitsInRelease },
    config: location.config === undefined ? undefined : await configRelease(location, service, record, deps),
    refused: record.refusedFixes,
    earlierTries: earlierTries(record.attempts),
    mitigated: record.mitigated !== null,
  })
  return stop('planning', outcome, (fixPlan) => ({ kind: 'planned', plan: fixPlan }))
}

const MOST_OTHER_COMMITS = 50

async function configRelease(
  location: Location,
  service: ServiceDefinition,
  { diagnosis }: IncidentRecord,
  deps: ExecuteDeps,
): Promise<ConfigRelease> {
  const repository = await deps.openRepository(service, 'config')
  const previousCommit = diagnosis?.hypotheses[0]?.change?.previousCommit ?? null
  const { baseCommit: until, file, suspectCommit } = location
  const query = { until, since: previousCommit, paths: [file], limit: MOST_OTHER_COMMITS }
  const inChange = previousCommit === null ? [] : await repository.commitsTouching(query)
  const otherCommits = inChange.filter(({ commit }) => commit !== suspectCommit?.commit)
  return { repository, previousCommit, otherCommits }
}

async function patch(command: ClaimedCommand, deps: ExecuteDeps): Promise<MachineEvent> {
  const { record } = command
  const fixPlan = demand(record.plan, 'plan')
  const { part, location } = placeOfFix(demand(record.location, 'location'), fixPlan)
  const service = serviceNamed(location.service, deps.services)
  const repository = await deps.openRepository(service, part)
  deps.journal.intend(command, { service: service.name, part, base: location.baseCommit }, deps.nowMs())
  const outcome = await writePatch(fixPlan, {
    location,
    service,
    repository,
    pair: pairOf(part, await runningOf(service, deps)),
    atMs: record.stateSinceMs, // the same when it is done again, so that the commit is the same
  })
  if (outcome.kind === 'done') await repository.push(outcome.value.branch)
  const replaced = record.mitigated === null ? undefined : (await deps.target.releases(service.name))[0]
  return stop('patching', outcome, (written) => ({
    kind: 'patched',
    patch: replaced === undefined ? written : { ...written, replaces: replaced.commit },
  }))
}

/** Where the chosen fix is made: in the configuration, or in the code where its fault only surfaced. */
function placeOfFix(location: Location, { candidates, chosenId }: FixPlan) {
  const { config } = location
  const chosen = candidates.find(({ candidateId }) => candidateId === chosenId)
  if (config === undefined) return { part: 'code', location } as const
  if (chosen?.strategy === 'config-change') return { part: 'config', location } as const
  return { part: 'code', location: demand(config.surfaced, 'place in the code') } as const
}

async function gate(record: IncidentRecord, deps: ExecuteDeps): Promise<MachineEvent> {
  const written = demand(record.patch, 'patch')
  const service = serviceNamed(written.service, deps.services)
  const chosen = record.plan?.candidates.find(({ candidateId }) => candidateId === written.candidateId)
  const outcome = await evaluateGates(written, {
    ...deps.gates,
    ...(await gatedAs(written, service, deps)),
    dependents: dependentsOf(service.name, deps.services),
    confidence: chosen?.confidence ?? 0,
    confidenceBasis: chosen?.confidenceBasis ?? 'unknown',
    nowMs: () => deps.nowMs(),
  })
  return stop('gates', outcome, (report) => gated(record, report, deps))
}

function gated(record: IncidentRecord, report: GateReport, deps: ExecuteDeps): MachineEvent {
  const written = demand(record.patch, 'patch')
  const approval = report.passed
    ? requestApproval(written, report, deps.access.approvals, deps.nowMs())
    : null
  return { kind: 'gated', report, approval }
}

/** A patch of the configuration is judged by its repository's own tests and rules, and by the tests of the code beside it. */
async function gatedAs(
  { pair }: Patch,
  service: ServiceDefinition,
  deps: ExecuteDeps,
): Promise<Pick<GateDeps, 'service' | 'code'>> {
  const { config } = service
  if (pair?.part !== 'config' || config === undefined) return { service }
  const { repository, branch, testCommand, protectedPaths } = config
  const code = await deps.openRepository(service)
  return {
    service: { ...service, repository, branch, testCommand, protectedPaths },
    code: {
      repository: code.directory,
      commit: pair.otherCommit,
      testCommand: service.testCommand,
      configPath: config.path,
    },
  }
}

/** What runs in production now. */
async function runningOf(service: ServiceDefinition, deps: ExecuteDeps): Promise<ReleasePair> {
  const [current] = await deps.target.releases(service.name)
  if (current !== undefined) return current
  throw new CcpError('not-found', `no release of ${service.name} is running`, {
    mend: 'deploy it through the configured target, so that the commit in production is known',
  })
}

/** How many services call this one, directly or through others. */
export function dependentsOf(name: string, services: readonly ServiceDefinition[]): number {
  const reached = new Set([name])
  for (const callee of reached) {
    for (const service of services) if (service.dependsOn.includes(callee)) reached.add(service.name)
  }
  return reached.size - 1
}

export function serviceNamed(name: string, services: readonly ServiceDefinition[]): ServiceDefinition {
  const found = services.find((service) => service.name === name)
  if (found !== undefined) return found
  throw new CcpError('not-found', `the service ${name} is not in services.yaml`, {
    mend: 'add it with its repository, or tell the bot to leave it alone',
  })
}

/** A noun that the state promises; its absence is a fault of the machine, not of the input. */
export function demand<T>(noun: T | null | undefined, name: string): T {
  if (noun !== null && noun !== undefined) return noun
  throw new CcpError('internal', `the incident has no ${name} where its state promises one`)
}
