import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { neededMetrics, trafficCounters } from '../../../src/integrations/prometheus/metric-source.ts'
import { Scraper } from '../../../src/integrations/prometheus/scraper.ts'
import type { Patch, Rollout } from '../../../src/pipeline/contracts.ts'
import type { NextStep } from '../../../src/pipeline/deployment/next-step.ts'
import {
  finishRollout,
  observe,
  prepareCanary,
  rollBack,
  setCanaryWeight,
  type RolloutDeps,
} from '../../../src/pipeline/deployment/roll-out.ts'
import type { DeploymentSettings } from '../../../src/pipeline/deployment/settings.ts'
import { verify } from '../../../src/pipeline/verification/verify.ts'
import { settings as verification } from '../../pipeline/verification/fixtures.ts'
import { openSandbox, type Sandbox } from './sample-service.ts'

/** The shipped proportions in a hurry. */
const settings: DeploymentSettings = {
  observeEveryMs: 250,
  minBlockMs: 400,
  warmUpMs: 100,
  quickShare: 0,
  staleAfterMs: 3_000,
  noticeMs: 1_000,
  canary10: { soakMs: 500, deadlineMs: 60_000, minCanaryRequests: 10 },
  canary50: { soakMs: 500, deadlineMs: 60_000, minCanaryRequests: 30 },
  full: { soakMs: 500, deadlineMs: 60_000, minCanaryRequests: 100 },
  drain: { pollMs: 150, timeoutMs: 3_000 },
}
const objective = { errorRatio: 0.02, latencyP95Ms: null }

describe('a fix rolled out on real processes, measured at the router, judged by the shipped settings', () => {
  let box: Sandbox
  let scraper: Scraper
  let load: { stop(): Promise<void> }
  beforeEach(async () => {
    box = await openSandbox()
    await box.target().deploy('payment', box.commits.broken, 'v1')
    load = sendLoad(box.serviceUrl)
    scraper = new Scraper({
      targets: () => [{ url: `${box.options.routerUrl}/metrics`, labels: {} }],
      intervalMs: 150,
      timeoutMs: 1_000,
      keepMs: 60_000,
      names: neededMetrics(),
    })
    scraper.start()
  })
  afterEach(async () => {
    await load.stop()
    await scraper.stop()
    await box.close()
  })

  it('that cures goes 10 -> 50 -> 100 % and replaces the old release', async () => {
    const deps = depsOf(box, scraper)
    await expect.poll(() => trafficSeen(deps), { timeout: 5_000 }).toBe(true)
    let rollout = await prepareCanary(patchOf(box, box.commits.fixed), deps)
    for (const percent of [10, 50, 100]) {
      rollout = await setCanaryWeight(rollout, percent, deps)
      const [after, step] = await untilDecided(rollout, deps)
      expect(step, step.reason).toMatchObject({ kind: 'advance' })
      rollout = after
    }
    await finishRollout(rollout, deps)
    expect(await box.target().releases('payment')).toMatchObject([
      { version: rollout.canaryVersion, weightPercent: 100, running: true },
    ])
    expect(box.pids('v1')).toEqual([])
  })

  it('that makes it worse goes back, and the broken release serves again', async () => {
    const deps = depsOf(box, scraper)
    await expect.poll(() => trafficSeen(deps), { timeout: 5_000 }).toBe(true)
    let rollout = await prepareCanary(patchOf(box, box.commits.worse), deps)
    rollout = await setCanaryWeight(rollout, 10, deps)
    const [after, step] = await untilDecided(rollout, deps)
    expect(step).toMatchObject({ kind: 'rollBack', reason: expect.stringContaining('Worse: errors') })
    expect(await rollBack(after, deps)).toBe(`v1 has all traffic; ${rollout.canaryVersion} was stopped`)
    expect(await box.target().releases('payment')).toMatchObject([
      { version: 'v1', weightPercent: 100, running: true },
    ])
    expect(box.pids(rollout.canaryVersion)).toEqual([])
  })

  it('whose process dies at 10 % goes back', async () => {
    const deps = depsOf(box, scraper)
    await expect.poll(() => trafficSeen(deps), { timeout: 5_000 }).toBe(true)
    let rollout = await prepareCanary(patchOf(box, box.commits.fixed), deps)
    rollout = await setCanaryWeight(rollout, 10, deps)
    process.kill(-(box.pids(rollout.canaryVersion)[0] ?? 0), 'SIGKILL')
    const [after, step] = await untilDecided(rollout, deps)
    expect(step.kind).toBe('rollBack')
    await rollBack(after, deps)
    expect(await box.target().releases('payment')).toMatchObject([{ version: 'v1', weightPercent: 100 }])
  })
})

function depsOf(box: Sandbox, scraper: Scraper): RolloutDeps {
  return {
    service: {
      name: 'payment',
      repository: box.options.services[0]?.repository ?? '',
      objective: { errorRatio: 0.01, latencyP95Ms: null },
    },
    fault: undefined,
    repositoryOf: () => Promise.reject(new Error('a release is no pair here')),
    target: box.target(),
    counters: trafficCounters(scraper, { staleMs: 2_000, lagMs: 0 }),
    judge: (rollout) => verify(rollout, verification, objective, 'fix'),
    settings,
    nowMs: Date.now,
    wait: (ms) => sleep(ms),
  }
}

async function trafficSeen(deps: RolloutDeps): Promise<boolean> {
  const readings = await deps.counters.read('payment', ['v1']).catch(() => [])
  return (readings[0]?.requests ?? 0) > 100
}

/** Looks at the interval, the state passed through JSON each time as the journal does, until it is neither wait nor hold. */
async function untilDecided(start: Rollout, deps: RolloutDeps): Promise<readonly [Rollout, NextStep]> {
  let rollout = start
  for (;;) {
    await sleep(settings.observeEveryMs)
    const look = await observe(rollout, deps)
    rollout = JSON.parse(JSON.stringify(look.rollout)) as Rollout
    if (look.step.kind === 'advance' || look.step.kind === 'rollBack') return [rollout, look.step]
  }
}

/** Eight callers, one request after the other. */
function sendLoad(url: string): { stop(): Promise<void> } {
  let stopped = false
  const caller = async () => {
    while (!stopped) {
      await fetch(`${url}/charge`, { method: 'POST' }).then(
        (response) => response.arrayBuffer(),
        () => sleep(20),
      )
      await sleep(10)
    }
  }
  const callers = Promise.all(Array.from({ length: 8 }, caller))
  return {
    async stop() {
      stopped = true
      await callers
    },
  }
}

function patchOf(box: Sandbox, commit: string): Patch {
  return {
    incidentId: 'INC-1',
    candidateId: 'c1',
    strategy: 'template',
    service: 'payment',
    repository: box.options.services[0]?.repository ?? '',
    baseCommit: box.commits.broken,
    branch: 'ccp/inc-1',
    commit,
    diff: '',
    files: [],
    regressionTest: { kind: 'none', reason: 'not needed here' },
    title: 'Fix the charge',
  }
}
