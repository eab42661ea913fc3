import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { deploymentSchema } from '../../../src/config/schema/deployment.ts'
import type { CounterReading, Rollout, Verdict } from '../../../src/pipeline/contracts.ts'
import type { DeployTarget, Release } from '../../../src/pipeline/deployment/ports.ts'
import type { RolloutDeps } from '../../../src/pipeline/deployment/roll-out.ts'
import type { DeploymentSettings } from '../../../src/pipeline/deployment/settings.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'

export const shipped: DeploymentSettings = deploymentSchema.parse(
  parse(readFileSync(new URL('../../../config/deployment.yaml', import.meta.url), 'utf8')),
)

/** Round numbers, so that a test can be read. */
export const settings: DeploymentSettings = {
  observeEveryMs: 5_000,
  minBlockMs: 4_000,
  warmUpMs: 1_000,
  quickShare: 0.1,
  staleAfterMs: 20_000,
  noticeMs: 60_000,
  canary10: { soakMs: 30_000, deadlineMs: 300_000, minCanaryRequests: 20 },
  canary50: { soakMs: 30_000, deadlineMs: 300_000, minCanaryRequests: 50 },
  full: { soakMs: 60_000, deadlineMs: 600_000, minCanaryRequests: 100 },
  drain: { pollMs: 500, timeoutMs: 5_000 },
}

export function reading(
  version: string,
  atMs: number,
  requests: number,
  errors = 0,
  slow = 0,
): CounterReading {
  return {
    version,
    atMs,
    requests,
    errors,
    buckets: [
      { leMs: 5, count: requests - slow },
      { leMs: 50, count: requests },
    ],
  }
}

export function rollout(overrides: Partial<Rollout> = {}): Rollout {
  return {
    incidentId: 'INC-1',
    service: 'payment',
    commit: 'c0ffee0000c0ffee0000',
    controlVersion: 'v1',
    canaryVersion: 'v2',
    phase: 'HEALTH_CHECK',
    weightPercent: 10,
    latencyEdgesMs: [5, 5, 50],
    blocks: [],
    lastReadings: [],
    startedAtMs: 0,
    phaseSinceMs: 0,
    deadlineMs: 300_000,
    unreadable: 0,
    health: { healthy: true, detail: 'answers 200' },
    rollbackReason: null,
    ...overrides,
  }
}

export function verdict(overrides: Partial<Verdict> = {}): Verdict {
  return {
    incidentId: 'INC-1',
    decision: 'inconclusive',
    reason: 'Not decided yet.',
    signals: [],
    harm: false,
    noHarm: false,
    cured: null,
    objectiveMet: null,
    trafficSplitOk: true,
    requestsSeen: 0,
    computeMs: 1,
    ...overrides,
  }
}

interface FakeRelease {
  commit: string
  configCommit?: string
  weightPercent: number
  running: boolean
}

/** A deploy target in memory whose calls can be made to fail and whose log says in which order they came. */
export class FakeTarget implements DeployTarget {
  readonly calls: string[] = []
  readonly started: Parameters<DeployTarget['start']>[0][] = []
  readonly all = new Map<string, FakeRelease>()
  healthy = true
  /** Throws before or after the effect of the n-th mutating call from now. */
  fault: { readonly call: number; readonly when: 'before' | 'after' } | null = null
  #mutations = 0

  constructor(releases: Readonly<Record<string, FakeRelease>>) {
    for (const [version, release] of Object.entries(releases)) this.all.set(version, { ...release })
  }

  async releases(service: string): Promise<readonly Release[]> {
    return [...this.all]
      .map(([version, release]) => ({ service, version, startedAtMs: 0, ...release }))
      .toSorted((a, b) => b.weightPercent - a.weightPercent)
  }

  async start(asked: Parameters<DeployTarget['start']>[0]): Promise<Release> {
    const { service, version, commit, config } = asked
    this.started.push(asked)
    const release = { commit, configCommit: config?.commit, running: true }
    this.#mutate(`start ${version}`, () => {
      this.all.set(version, { ...release, weightPercent: this.all.get(version)?.weightPercent ?? 0 })
    })
    return { service, version, ...release, startedAtMs: 0, weightPercent: 0 }
  }

  async setWeight(change: Parameters<DeployTarget['setWeight']>[0]): Promise<void> {
    this.#mutate(`weight ${change.canaryVersion} ${change.percent}`, () => {
      const canary = this.all.get(change.canaryVersion)
      const control = this.all.get(change.controlVersion)
      if (canary !== undefined) canary.weightPercent = change.percent
      if (control !== undefined) control.weightPercent = 100 - change.percent
    })
  }

  async stop(_service: string, version: string): Promise<void> {
    if ((this.all.get(version)?.weightPercent ?? 0) > 0)
      throw new CcpError('conflict', `${version} takes traffic`)
    this.#mutate(`stop ${version}`, () => this.all.delete(version))
  }

  async health(): Promise<{ healthy: boolean; detail: string }> {
    return { healthy: this.healthy, detail: this.healthy ? 'answers 200' : 'answers 500' }
  }

  #mutate(call: string, effect: () => void): void {
    this.#mutations += 1
    const fails = this.fault?.call === this.#mutations
    if (fails && this.fault?.when === 'before') throw new CcpError('unavailable', `${call}: 503`)
    this.calls.push(call)
    effect()
    if (fails) throw new CcpError('timeout', `${call}: the answer was lost`)
  }
}

export function fakeDeps(
  target: DeployTarget,
  overrides: Partial<RolloutDeps> = {},
): RolloutDeps & { clock: { nowMs: number } } {
  const clock = { nowMs: 1_000_000 }
  return {
    service: {
      name: 'payment',
      repository: 'repositories/payment',
      objective: { errorRatio: 0.01, latencyP95Ms: null },
    },
    fault: undefined,
    repositoryOf: async (part) => `clones/${part}`,
    target,
    counters: { read: async (_, versions) => versions.map((version) => reading(version, clock.nowMs, 1000)) },
    judge: () => verdict(),
    settings,
    nowMs: () => clock.nowMs,
    wait: async (ms) => {
      clock.nowMs += ms
    },
    clock,
    ...overrides,
  }
}
