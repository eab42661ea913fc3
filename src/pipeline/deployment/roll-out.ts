import type { CounterReading, Fault, Patch, ReleasePart, Rollout, Verdict } from '../contracts.ts'
import { CcpError } from '../errors.ts'
import { pairAfter, type ReleasePair } from '../release-pair.ts'
import type { ServiceDefinition } from '../services.ts'
import { appendBlock, unread } from './blocks.ts'
import { nextStep, type NextStep } from './next-step.ts'
import type { DeployTarget, Release, ReleaseConfig } from './ports.ts'
import { stepAt, type DeploymentSettings } from './settings.ts'
import { startRollout } from './start-rollout.ts'

/*
 * One function for each command of the machine; all that lasts is in `Rollout`, so the process may die between any two.
 *
 * D1  Every function may be called again with the same arguments: what is done already stays done.
 * D2  Traffic is never given to a release that does not run: not to a dead canary, not back to a dead control.
 * D3  A release is stopped only when the router has confirmed weight 0 and its traffic was seen to end.
 * D4  A rollback needs no metrics and is believed only after it was looked at.
 * D5  The old release is kept until the new one has succeeded.
 */
export interface RolloutDeps {
  readonly service: Pick<ServiceDefinition, 'name' | 'repository' | 'objective' | 'config'>
  /** What the incident's diagnosis says is to be cured. */
  readonly fault: Fault | undefined
  /** Directory of the service's repository of that half of a release, as the target can read it. */
  repositoryOf(part: ReleasePart): Promise<string>
  readonly target: DeployTarget
  readonly counters: {
    read(service: string, versions: readonly string[]): Promise<readonly CounterReading[]>
  }
  readonly judge: (rollout: Rollout) => Verdict
  readonly settings: DeploymentSettings
  readonly nowMs: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** Starts the patch beside what runs, without traffic. Fixes the latency edges from the control alone. */
export async function prepareCanary(patch: Patch, deps: RolloutDeps): Promise<Rollout> {
  const pair = pairAfter(patch)
  const canaryVersion = versionOfPair(pair)
  const control = await findControl(patch, canaryVersion, deps)
  const readings = await deps.counters.read(patch.service, [control.version])
  await deps.target.start({
    service: patch.service,
    version: canaryVersion,
    commit: pair.commit,
    ...(await sourcesOf(patch, deps)),
  })
  const nowMs = deps.nowMs()
  return startRollout({
    incidentId: patch.incidentId,
    service: patch.service,
    ...pair,
    controlVersion: control.version,
    canaryVersion,
    controlReading: readings.find((reading) => reading.version === control.version) ?? null,
    fault: deps.fault,
    latencyP95Ms: deps.service.objective.latencyP95Ms,
    quickShare: deps.settings.quickShare,
    nowMs,
    deadlineMs: nowMs + deps.settings.canary10.deadlineMs,
  })
}

/** The version under which a commit is released. */
export function versionOf(commit: string): string {
  return commit.slice(0, 10)
}

/** The version under which a pair is released: the same code with another configuration is another version. */
export function versionOfPair({ commit, configCommit }: ReleasePair): string {
  return configCommit === undefined ? versionOf(commit) : `${commit.slice(0, 8)}-${configCommit.slice(0, 8)}`
}

/** Where the target finds both halves: the patched one in the repository of the patch. */
async function sourcesOf(
  patch: Patch,
  deps: RolloutDeps,
): Promise<{ readonly repository: string; readonly config?: ReleaseConfig }> {
  const { configCommit } = pairAfter(patch)
  if (patch.pair === undefined || configCommit === undefined) return { repository: patch.repository }
  const isOfConfig = patch.pair.part === 'config'
  return {
    repository: isOfConfig ? await deps.repositoryOf('code') : patch.repository,
    config: configOf(deps, isOfConfig ? patch.repository : await deps.repositoryOf('config'), configCommit),
  }
}

function configOf({ service }: RolloutDeps, repository: string, commit: string): ReleaseConfig {
  if (service.config !== undefined) return { repository, commit, path: service.config.path }
  throw new CcpError('not-found', `services.yaml names no configuration of ${service.name} any more`, {
    mend: 'put it back, or deploy a release without it by hand',
  })
}

async function findControl(patch: Patch, canaryVersion: string, deps: RolloutDeps): Promise<Release> {
  const releases = await deps.target.releases(patch.service)
  const serving = releases.filter((release) => release.weightPercent > 0 && release.version !== canaryVersion)
  const [control, other] = serving
  if (control === undefined) {
    throw new CcpError('not-found', `no release of ${patch.service} takes traffic, so there is no control`, {
      mend: 'deploy a first release, or check that the patch is not in production already',
    })
  }
  if (other !== undefined) {
    throw new CcpError(
      'conflict',
      `${patch.service} is in the middle of another rollout: ${control.version} and ${other.version} share its traffic`,
      { mend: `finish it or give all traffic to one of them` },
    )
  }
  return control
}

/** Gives the canary this share. The deadline of the new step is in the rollout that comes back. */
export async function setCanaryWeight(
  rollout: Rollout,
  percent: number,
  deps: RolloutDeps,
): Promise<Rollout> {
  await requireRunning(rollout, deps) // D2
  await deps.target.setWeight({
    service: rollout.service,
    canaryVersion: rollout.canaryVersion,
    controlVersion: rollout.controlVersion,
    percent,
  })
  const nowMs = deps.nowMs()
  const deadlineMs = nowMs + stepAt(percent, deps.settings).deadlineMs
  return { ...rollout, weightPercent: percent, phaseSinceMs: nowMs, deadlineMs, lastReadings: [] }
}

/** All traffic to the new release; the old one stays, ready to take it back (D5). */
export async function promote(rollout: Rollout, deps: RolloutDeps): Promise<Rollout> {
  return setCanaryWeight(rollout, 100, deps)
}

async function requireRunning(rollout: Rollout, deps: RolloutDeps): Promise<void> {
  const releases = await deps.target.releases(rollout.service)
  if (releases.some((release) => release.version === rollout.canaryVersion && release.running)) return
  throw new CcpError('conflict', `canary ${rollout.service}@${rollout.canaryVersion} does not run any more`, {
    mend: 'read its log for why it ended',
  })
}

export interface Observation {
  readonly rollout: Rollout
  readonly verdict: Verdict
  readonly step: NextStep
}

/** One look: reads the counters, appends a block, asks for health and verdict, and says what is next. */
export async function observe(rollout: Rollout, deps: RolloutDeps): Promise<Observation> {
  const [measured, health] = await Promise.all([measure(rollout, deps), healthOf(rollout, deps)])
  const observed: Rollout = { ...measured, health }
  const verdict = deps.judge(observed)
  return { rollout: observed, verdict, step: nextStep(observed, verdict, deps.settings, deps.nowMs()) }
}

async function measure(rollout: Rollout, deps: RolloutDeps): Promise<Rollout> {
  try {
    const versions = [rollout.canaryVersion, rollout.controlVersion]
    return appendBlock(rollout, await deps.counters.read(rollout.service, versions), deps.settings)
  } catch (thrown) {
    if (isOutage(thrown)) return unread(rollout)
    throw thrown
  }
}

/** Asked twice before it is believed that a canary is ill; null while the target does not answer. */
async function healthOf(rollout: Rollout, deps: RolloutDeps): Promise<Rollout['health']> {
  const ask = () => deps.target.health(rollout.service, rollout.canaryVersion)
  try {
    const first = await ask()
    return first.healthy ? first : await ask()
  } catch (thrown) {
    if (isOutage(thrown)) return null
    throw thrown
  }
}

function isOutage(thrown: unknown): boolean {
  return thrown instanceof CcpError && (thrown.code === 'unavailable' || thrown.code === 'timeout')
}

/** Ends a rollout that succeeded: the old release is drained and stopped (D3, D5). Answers what was done. */
export async function finishRollout(rollout: Rollout, deps: RolloutDeps): Promise<string> {
  const { service, canaryVersion, controlVersion } = rollout
  await setCanaryWeight(rollout, 100, deps)
  const drain = await drained(service, controlVersion, deps)
  await deps.target.stop(service, controlVersion)
  return `${canaryVersion} has all traffic; ${controlVersion} was stopped${drain}`
}

/** Weight 0, see the traffic end, stop the canary, look whether it worked. Answers what was done. */
export async function rollBack(rollout: Rollout, deps: RolloutDeps): Promise<string> {
  const { service, canaryVersion, controlVersion } = rollout
  const revived = await reviveControl(rollout, deps)
  await deps.target.setWeight({ service, canaryVersion, controlVersion, percent: 0 })
  const drain = await drained(service, canaryVersion, deps)
  await deps.target.stop(service, canaryVersion)
  const health = await requireRolledBack(rollout, deps)
  return `${controlVersion} has all traffic${revived}; ${canaryVersion} was stopped${drain}${health}`
}

/** Starts the control again if it has died, so that the traffic has somewhere to go back to (D2). */
async function reviveControl(rollout: Rollout, deps: RolloutDeps): Promise<string> {
  const releases = await deps.target.releases(rollout.service)
  const control = releases.find((release) => release.version === rollout.controlVersion)
  if (control?.running) return ''
  if (control === undefined) {
    throw new CcpError(
      'not-found',
      `release ${rollout.service}@${rollout.controlVersion} is gone, so there is nothing to roll back to`,
      { mend: 'the new release keeps its traffic; deploy a good one by hand' },
    )
  }
  const { configCommit } = control
  await deps.target.start({
    service: rollout.service,
    version: control.version,
    commit: control.commit,
    repository: deps.service.repository,
    ...(configCommit === undefined
      ? {}
      : { config: configOf(deps, await deps.repositoryOf('config'), configCommit) }),
  })
  return ', after it was started again because it had died'
}

async function requireRolledBack(rollout: Rollout, deps: RolloutDeps): Promise<string> {
  const releases = await deps.target.releases(rollout.service)
  const control = releases.find((release) => release.version === rollout.controlVersion)
  const canary = releases.find((release) => release.version === rollout.canaryVersion)
  const gone = canary === undefined || (!canary.running && canary.weightPercent === 0)
  if (!gone || control === undefined || !control.running || control.weightPercent < 100) {
    const seen = releases.map(
      ({ version, weightPercent, running }) =>
        `${version} ${weightPercent} % ${running ? 'running' : 'not running'}`,
    )
    throw new CcpError(
      'unavailable',
      `the rollback of ${rollout.service} did not take: ${seen.join(', ') || 'no release is there'}`,
      { mend: 'it is tried again; look at the router and the releases' },
    )
  }
  const health = await deps.target.health(rollout.service, rollout.controlVersion)
  return health.healthy ? '' : `. The old release is not healthy either: ${health.detail}`
}

/** Waits until two readings in a row show no new request; words for what stood in the way, empty when it was seen. */
async function drained(service: string, version: string, deps: RolloutDeps): Promise<string> {
  const giveUpMs = deps.nowMs() + deps.settings.drain.timeoutMs
  let last: { readonly atMs: number; readonly requests: number } | null = null
  let unreadable = false
  while (deps.nowMs() < giveUpMs) {
    const reading = await requestsOf(service, version, deps)
    unreadable = reading === null
    if (reading !== null && last !== null && reading.atMs > last.atMs && reading.requests === last.requests) {
      return ''
    }
    if (reading !== null && (last === null || reading.requests !== last.requests)) last = reading
    await deps.wait(deps.settings.drain.pollMs)
  }
  return unreadable
    ? ' (its traffic could not be read; the router confirmed weight 0)'
    : ` (it was still answering requests ${Math.round(deps.settings.drain.timeoutMs / 1000)} s after its weight was 0)`
}

/** Null when the counters cannot be read: a rollback does not wait for them (D4). */
async function requestsOf(
  service: string,
  version: string,
  deps: RolloutDeps,
): Promise<{ readonly atMs: number; readonly requests: number } | null> {
  try {
    const readings = await deps.counters.read(service, [version])
    const reading = readings.find((candidate) => candidate.version === version)
    return reading ?? { atMs: deps.nowMs(), requests: 0 }
  } catch (thrown) {
    if (isOutage(thrown)) return null
    throw thrown
  }
}
