import type { AccessPolicy } from './access.ts'
import { requestApproval } from './approval.ts'
import type { GateReport, StageName, StageOutcome } from './contracts.ts'
import { CcpError } from './errors.ts'
import { followLink, linkToLeader, type LinkDeps } from './execute-link.ts'
import { executeNotice, type NoticeDeps } from './execute-notice.ts'
import { executeRollout, type RolloutPorts } from './execute-rollout.ts'
import { evaluateGates } from './gates/evaluate-gates.ts'
import type { GateDeps } from './gates/ports.ts'
import { localize } from './localization/localize.ts'
import type { SourceRepository } from './localization/ports.ts'
import type { IncidentRecord, MachineEvent } from './machine.ts'
import type { PatchRepository } from './patching/ports.ts'
import { writePatch } from './patching/write-patch.ts'
import { planFix, type PlanDeps } from './planning/plan-fix.ts'
import type { ClaimedCommand, Journal, LockStore } from './ports.ts'
import { diagnose, type DiagnoseDeps } from './rca/diagnose.ts'
import type { Executed } from './run.ts'
import type { ServiceDefinition } from './services.ts'

/** A service's repository as the bot keeps it: read from, committed to, and pushed where people look. */
export interface ServiceRepository extends SourceRepository, PatchRepository {
  push(branch: string): Promise<void>
}

export interface ExecuteDeps extends RolloutPorts, NoticeDeps {
  readonly journal: Pick<Journal, 'intend' | 'record' | 'records' | 'submit'>
  readonly services: readonly ServiceDefinition[]
  readonly access: AccessPolicy
  readonly locks: LockStore
  readonly rca: DiagnoseDeps
  readonly planning: Pick<PlanDeps, 'templates' | 'outcomes' | 'suggestPatch' | 'settings'>
  /** What the gates need beside the patch's own service and confidence. */
  readonly gates: Omit<GateDeps, 'service' | 'dependents' | 'confidence' | 'confidenceBasis' | 'nowMs'>
  openRepository(service: ServiceDefinition): Promise<ServiceRepository>
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
  const repository = await deps.openRepository(service)
  const release = await releaseOf(service, cause.change?.previousCommit ?? null, deps)
  const outcome = await localize(diagnosis, { service, repository, ...release })
  return stop('localization', outcome, (location) => ({ kind: 'located', location }))
}

async function plan(record: IncidentRecord, deps: ExecuteDeps): Promise<MachineEvent> {
  const location = demand(record.location, 'location')
  const diagnosis = demand(record.diagnosis, 'diagnosis')
  const service = serviceNamed(location.service, deps.services)
  const repository = await deps.openRepository(service)
  const previous = diagnosis.hypotheses[0]?.change?.previousCommit ?? null
  const { deployedCommit, previousCommit } = await releaseOf(service, previous, deps)
  const inRelease = await repository.commitsTouching({
    until: deployedCommit,
    since: previousCommit,
    paths: [],
    limit: 50,
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
    refused: record.refusedFixes,
    mitigated: record.mitigated !== null,
  })
  return stop('planning', outcome, (fixPlan) => ({ kind: 'planned', plan: fixPlan }))
}

async function patch(command: ClaimedCommand, deps: ExecuteDeps): Promise<MachineEvent> {
  const { record } = command
  const location = demand(record.location, 'location')
  const service = serviceNamed(location.service, deps.services)
  const repository = await deps.openRepository(service)
  deps.journal.intend(command, { service: service.name, base: location.baseCommit }, deps.nowMs())
  const outcome = await writePatch(demand(record.plan, 'plan'), {
    location,
    service,
    repository,
    atMs: record.stateSinceMs, // the same when it is done again, so that the commit is the same
  })
  if (outcome.kind === 'done') await repository.push(outcome.value.branch)
  const replaced = record.mitigated === null ? undefined : (await deps.target.releases(service.name))[0]
  return stop('patching', outcome, (written) => ({
    kind: 'patched',
    patch: replaced === undefined ? written : { ...written, replaces: replaced.commit },
  }))
}

async function gate(record: IncidentRecord, deps: ExecuteDeps): Promise<MachineEvent> {
  const written = demand(record.patch, 'patch')
  const service = serviceNamed(written.service, deps.services)
  const chosen = record.plan?.candidates.find(({ candidateId }) => candidateId === written.candidateId)
  const outcome = await evaluateGates(written, {
    ...deps.gates,
    service,
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

/** What runs in production now; the commit before it as the deploy recorded it. */
async function releaseOf(
  service: ServiceDefinition,
  previousCommit: string | null,
  deps: ExecuteDeps,
): Promise<{ deployedCommit: string; previousCommit: string | null }> {
  const [current] = await deps.target.releases(service.name)
  if (current === undefined) {
    throw new CcpError('not-found', `no release of ${service.name} is running`, {
      mend: 'deploy it through the configured target, so that the commit in production is known',
    })
  }
  return { deployedCommit: current.commit, previousCommit }
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
