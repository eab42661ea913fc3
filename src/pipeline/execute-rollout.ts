import { bindingHash } from './approval.ts'
import { resourcesOf } from './concurrency/conflicts.ts'
import type { ConcurrencySettings } from './concurrency/settings.ts'
import type { ReleasePart, Rollout, Verdict } from './contracts.ts'
import type { DeployTarget } from './deployment/ports.ts'
import {
  finishRollout,
  observe,
  prepareCanary,
  rollBack,
  setCanaryWeight,
  type RolloutDeps,
} from './deployment/roll-out.ts'
import type { DeploymentSettings } from './deployment/settings.ts'
import { CcpError } from './errors.ts'
import { PHASE_WEIGHT, type IncidentRecord, type MachineEvent } from './machine.ts'
import type { ClaimedCommand, Journal, LockStore } from './ports.ts'
import { describePair, isSamePair, pairAfter, pairBefore } from './release-pair.ts'
import type { Executed } from './run.ts'
import type { ServiceDefinition } from './services.ts'
import type { TrafficCounters } from './verification/ports.ts'
import type { VerificationSettings } from './verification/settings.ts'
import { verify } from './verification/verify.ts'

/**
 * E1  What was approved is what is deployed: the binding is recomputed right before the first effect.
 * E2  No effect without its intent in the audit chain.
 */
export interface RolloutPorts {
  readonly journal: Pick<Journal, 'intend'>
  readonly services: readonly ServiceDefinition[]
  readonly locks: LockStore
  readonly target: DeployTarget
  readonly counters: TrafficCounters
  readonly concurrency: ConcurrencySettings
  readonly deployment: DeploymentSettings
  readonly verification: VerificationSettings
  /** A repository of the service as the target can read it. */
  openRepository(service: ServiceDefinition, part: ReleasePart): Promise<{ readonly directory: string }>
  nowMs(): number
}

/** Carries out one command of a rollout. Commands that the state has overtaken do nothing. */
export async function executeRollout(command: ClaimedCommand, ports: RolloutPorts): Promise<Executed> {
  const { record } = command
  switch (command.kind) {
    case 'acquire-locks':
      return { event: await acquireLocks(record, ports) }
    case 'release-locks':
      ports.locks.release(record.incident.incidentId)
      return { event: null }
    case 'prepare-canary':
      return { event: await prepare(command, ports) }
    case 'set-weight':
      return { event: await setWeight(command, ports) }
    case 'observe':
      return { event: await look(record, ports) }
    case 'finish-rollout':
      return { event: await finish(command, ports) }
    case 'roll-back':
      return { event: await goBack(command, ports) }
    default:
      throw new CcpError('internal', `${command.kind} is no command of a rollout`)
  }
}

async function acquireLocks(record: IncidentRecord, ports: RolloutPorts): Promise<MachineEvent | null> {
  const { patch } = record
  if (record.state !== 'QUEUED' || patch === null) return null
  const broken = await brokenBinding(record, ports)
  if (broken !== null) return { kind: 'approvalVoided', reason: broken }
  const taken = takeLocks(record, patch.service, ports)
  return taken.kind === 'acquired' ? { kind: 'locksAcquired' } : { kind: 'locksBusy', by: taken.by }
}

/** Why the approval does not cover what would be deployed now; null when it does (E1). */
async function brokenBinding(record: IncidentRecord, ports: RolloutPorts): Promise<string | null> {
  const { approval, patch, gates } = record
  if (approval === null || patch === null || gates === null) return 'there is nothing that was approved'
  if (bindingHash(patch, gates, approval.expiresAtMs) !== approval.bindingHash) {
    return 'diff, gate results or target are not those that were approved'
  }
  if (ports.nowMs() >= approval.expiresAtMs) return 'it expired before the rollout could begin'
  const [current] = await ports.target.releases(patch.service)
  const expected = pairBefore(patch)
  if (current !== undefined && isSamePair(current, expected)) return null
  const now = current === undefined ? 'nothing' : describePair(current)
  return `${patch.service} runs ${now} now; the patch was made for ${describePair(expected)}`
}

async function prepare(command: ClaimedCommand, ports: RolloutPorts): Promise<MachineEvent | null> {
  const { record } = command
  if (record.state !== 'DEPLOYING' || record.patch === null || record.rollout !== null) return null
  const broken = await brokenBinding(record, ports)
  if (broken !== null) throw new CcpError('conflict', `nothing was deployed: ${broken}`)
  intend(command, ports, { service: record.patch.service, ...pairAfter(record.patch) })
  const rollout = await prepareCanary(record.patch, rolloutDeps(record, ports))
  return { kind: 'canaryReady', rollout }
}

async function setWeight(command: ClaimedCommand, ports: RolloutPorts): Promise<MachineEvent | null> {
  const rollout = underWay(command.record)
  const percent = rollout === null ? undefined : PHASE_WEIGHT[rollout.phase]
  if (rollout === null || percent === undefined) return null
  renewLocks(command.record, ports)
  intend(command, ports, { service: rollout.service, version: rollout.canaryVersion, percent })
  const changed = await setCanaryWeight(rollout, percent, rolloutDeps(command.record, ports))
  return { kind: 'weightSet', percent, deadlineMs: changed.deadlineMs }
}

async function look(record: IncidentRecord, ports: RolloutPorts): Promise<MachineEvent | null> {
  const rollout = underWay(record)
  if (rollout?.phase !== 'HEALTH_CHECK' && rollout?.phase !== 'VERIFICATION') return null
  renewLocks(record, ports)
  const { rollout: seen, verdict, step } = await observe(rollout, rolloutDeps(record, ports))
  return { kind: 'observed', rollout: seen, verdict, step: step.kind, reason: step.reason }
}

async function finish(command: ClaimedCommand, ports: RolloutPorts): Promise<MachineEvent | null> {
  const rollout = underWay(command.record)
  if (rollout?.phase !== 'SUCCESS') return null
  intend(command, ports, { service: rollout.service, stops: rollout.controlVersion })
  await finishRollout(rollout, rolloutDeps(command.record, ports))
  return { kind: 'rolloutFinished' }
}

async function goBack(command: ClaimedCommand, ports: RolloutPorts): Promise<MachineEvent | null> {
  const { record } = command
  if (record.state !== 'DEPLOYING') return null
  if (record.rollout === null) return { kind: 'rolledBack', detail: await removeUnseenCanary(command, ports) }
  takeLocks(record, record.rollout.service, ports) // kept where they can be; going back waits for nobody
  intend(command, ports, { service: record.rollout.service, version: record.rollout.canaryVersion })
  return { kind: 'rolledBack', detail: await rollBack(record.rollout, rolloutDeps(record, ports)) }
}

/** A canary that was started while the process died before it could be recorded: it has no traffic, and goes. */
async function removeUnseenCanary(command: ClaimedCommand, ports: RolloutPorts): Promise<string> {
  const { patch } = command.record
  const releases = patch === null ? [] : await ports.target.releases(patch.service)
  const canary = releases.find(
    (release) => patch !== null && isSamePair(release, pairAfter(patch)) && release.weightPercent === 0,
  )
  if (canary === undefined) return 'nothing had been deployed'
  intend(command, ports, { service: canary.service, stops: canary.version })
  await ports.target.stop(canary.service, canary.version)
  return `${canary.version} was stopped before it took any traffic`
}

function intend(
  command: ClaimedCommand,
  ports: RolloutPorts,
  details: Readonly<Record<string, unknown>>,
): void {
  ports.journal.intend(command, details, ports.nowMs()) // E2
}

/** The incident's rollout, where it is still going on. */
function underWay(record: IncidentRecord): Rollout | null {
  return record.state === 'DEPLOYING' ? record.rollout : null
}

function takeLocks(record: IncidentRecord, service: string, ports: RolloutPorts) {
  return ports.locks.acquire({
    owner: record.incident.incidentId,
    resources: resourcesOf(service, ports.services),
    maxOperations: ports.concurrency.maxOperations,
    atMs: ports.nowMs(),
    ttlMs: ports.concurrency.lockTtlMs,
  })
}

/** A rollout keeps its locks for as long as it is looked at; losing them is a reason to go back. */
function renewLocks(record: IncidentRecord, ports: RolloutPorts): void {
  const { rollout } = record
  if (rollout === null) return
  const renewed = takeLocks(record, rollout.service, ports)
  if (renewed.kind === 'acquired') return
  throw new CcpError('conflict', `the locks of ${rollout.service} were lost to ${renewed.by.join(', ')}`)
}

/** What a rollout of this incident is carried out and judged with. */
export function rolloutDeps(record: IncidentRecord, ports: RolloutPorts): RolloutDeps {
  const name = record.rollout?.service ?? record.patch?.service ?? ''
  const service = ports.services.find((candidate) => candidate.name === name)
  if (service === undefined)
    throw new CcpError('not-found', `the service ${name} is not in services.yaml any more`)
  return {
    service,
    fault: record.diagnosis?.fault,
    repositoryOf: async (part) => (await ports.openRepository(service, part)).directory,
    target: ports.target,
    counters: ports.counters,
    // After a rollback the control is sound: there is nothing left to cure, only to leave unharmed.
    judge: (rollout: Rollout): Verdict =>
      verify(rollout, ports.verification, service.objective, record.mitigated === null ? 'fix' : 'deploy'),
    settings: ports.deployment,
    nowMs: () => ports.nowMs(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
}
