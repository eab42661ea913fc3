import { describe, expect, it } from 'vitest'
import { bindingHash } from '../../src/pipeline/approval.ts'
import type { DeployTarget, Release } from '../../src/pipeline/deployment/ports.ts'
import { CcpError } from '../../src/pipeline/errors.ts'
import { executeRollout, type RolloutPorts } from '../../src/pipeline/execute-rollout.ts'
import type { CommandKind, IncidentRecord } from '../../src/pipeline/machine.ts'
import type { ClaimedCommand, LockStore } from '../../src/pipeline/ports.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import { settings as deployment } from './deployment/fixtures.ts'
import { settings as verification } from './verification/fixtures.ts'
import { approval, INCIDENT, patch, RECORDS, report, rollout } from '../support/incident-records.ts'

const service = (name: string, dependsOn: readonly string[]): ServiceDefinition => ({
  name,
  repository: `${name}.git`,
  branch: 'main',
  language: 'python',
  dependsOn,
  criticality: 'high',
  pagerdutyServiceIds: [],
  codeRoots: [],
  testCommand: null,
  startCommand: null,
  environment: {},
  healthPath: '/health',
  objective: { errorRatio: 0.01, latencyP95Ms: null },
  protectedPaths: [],
})

const CONTROL: Release = {
  service: 'payment',
  version: rollout.controlVersion,
  commit: patch.baseCommit,
  startedAtMs: 0,
  weightPercent: 100,
  running: true,
}
const CANARY: Release = { ...CONTROL, version: rollout.canaryVersion, commit: patch.commit, weightPercent: 0 }

/** A deploy target and locks in memory that write down what was done to them, and the chain's intents between. */
function world(given: {
  releases?: readonly Release[]
  nowMs?: number
  busy?: readonly string[]
  intend?: () => void
}) {
  const calls: string[] = []
  const releases = [...(given.releases ?? [CONTROL])]
  const weigh = (version: string, weightPercent: number): void => {
    const index = releases.findIndex((release) => release.version === version)
    const release = releases[index]
    if (release !== undefined) releases[index] = { ...release, weightPercent }
  }
  const target: DeployTarget = {
    releases: async () => [...releases].sort((a, b) => b.weightPercent - a.weightPercent),
    start: async ({ version, commit }) => {
      calls.push(`start ${commit}`)
      const started = { ...CANARY, version, commit }
      releases.push(started)
      return started
    },
    setWeight: async ({ canaryVersion, controlVersion, percent }) => {
      calls.push(`weight ${percent}`)
      weigh(canaryVersion, percent)
      weigh(controlVersion, 100 - percent)
    },
    stop: async (_, version) => {
      calls.push(`stop ${version}`)
      releases.splice(
        releases.findIndex((release) => release.version === version),
        1,
      )
    },
    health: async () => ({ healthy: true, detail: 'answers' }),
  }
  const locks: LockStore = {
    acquire: ({ resources }) => {
      calls.push(`lock ${resources.join(' ')}`)
      return given.busy === undefined ? { kind: 'acquired' } : { kind: 'busy', by: given.busy }
    },
    release: (owner) => void calls.push(`unlock ${owner}`),
    holders: () => [],
  }
  const ports: RolloutPorts = {
    journal: { intend: given.intend ?? (() => void calls.push('intend')) },
    services: [service('checkout', ['payment']), service('payment', [])],
    locks,
    target,
    counters: {
      read: async (_, versions) =>
        versions.map((version) => ({ atMs: clock.ms, version, requests: 100, errors: 0, buckets: [] })),
    },
    concurrency: {
      maxOperations: 3,
      lockTtlMs: 900_000,
      lockRetryMs: 1,
      leaseMs: 1,
      maxAttempts: 1,
      firstRetryMs: 1,
    },
    deployment: { ...deployment, drain: { pollMs: 1, timeoutMs: 50 } },
    verification,
    openRepository: async (_, part) => ({ directory: `/clones/${part}` }),
    nowMs: () => (clock.ms += 1),
  }
  const clock = { ms: given.nowMs ?? approval.requestedAtMs + 60_000 }
  const carryOut = async (kind: CommandKind, record: IncidentRecord) => {
    const command: ClaimedCommand = {
      commandId: `${INCIDENT}/9/${kind}`,
      incidentId: INCIDENT,
      kind,
      epoch: 1,
      attempt: 1,
      interrupted: false,
      record,
    }
    return (await executeRollout(command, ports)).event
  }
  return { calls, carryOut }
}

/** Approved for exactly the patch and the gates of the record. */
const bound = (record: IncidentRecord): IncidentRecord => ({
  ...record,
  approval: {
    ...approval,
    bindingHash: bindingHash(patch, report, approval.expiresAtMs),
    status: 'approved',
  },
})
const queued = bound({ ...RECORDS.queued, waitingFor: [] })
const deploying: IncidentRecord = { ...queued, state: 'DEPLOYING' }
const byte = (text: string): string => text.replace('+', '-')

describe('what was approved is what is deployed', () => {
  it('takes the locks of the service and its callers when the binding holds', async () => {
    const { calls, carryOut } = world({})
    expect(await carryOut('acquire-locks', queued)).toEqual({ kind: 'locksAcquired' })
    expect(calls).toEqual(['lock checkout payment'])
  })

  it('waits where another operation holds a lock', async () => {
    const { carryOut } = world({ busy: ['pd-OTHER'] })
    expect(await carryOut('acquire-locks', queued)).toEqual({ kind: 'locksBusy', by: ['pd-OTHER'] })
  })

  const broken: readonly [string, IncidentRecord, Parameters<typeof world>[0], RegExp][] = [
    [
      'one byte of the diff is another',
      { ...queued, patch: { ...patch, diff: byte(patch.diff) } },
      {},
      /not those/,
    ],
    ['the commit is another', { ...queued, patch: { ...patch, commit: 'e'.repeat(40) } }, {}, /not those/],
    [
      'a gate result is another',
      { ...queued, gates: { ...report, results: report.results.slice(1) } },
      {},
      /not those/,
    ],
    [
      'another commit went to production',
      queued,
      { releases: [{ ...CONTROL, commit: 'd'.repeat(40) }] },
      /runs dddddddddd now/,
    ],
    ['nothing runs in production', queued, { releases: [] }, /runs nothing now/],
    ['it has expired', queued, { nowMs: approval.expiresAtMs }, /expired/],
    ['nothing was approved', { ...queued, approval: null }, {}, /nothing that was approved/],
  ]

  it.each(broken)('E1 voids the approval when %s, and nothing is started', async (_, record, given, why) => {
    const { calls, carryOut } = world(given)
    expect(await carryOut('acquire-locks', record)).toEqual({
      kind: 'approvalVoided',
      reason: expect.stringMatching(why) as string,
    })
    expect(calls).toEqual([])
  })

  it.each(broken)(
    'E1 starts no canary when %s between the locks and the start',
    async (_, record, given, why) => {
      const { calls, carryOut } = world(given)
      const start = carryOut('prepare-canary', { ...record, state: 'DEPLOYING' })
      await expect(start).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(why) as string,
      })
      expect(calls).toEqual([])
    },
  )

  it('E2 starts the approved commit beside what runs, after its intent', async () => {
    const { calls, carryOut } = world({})
    expect(await carryOut('prepare-canary', deploying)).toMatchObject({
      kind: 'canaryReady',
      rollout: { phase: 'IDLE', weightPercent: 0, commit: patch.commit, controlVersion: CONTROL.version },
    })
    expect(calls).toEqual(['intend', `start ${patch.commit}`])
  })

  it.each([
    ['prepare-canary', deploying, {}],
    ['set-weight', RECORDS.startingCanary, { releases: [CONTROL, CANARY] }],
    ['roll-back', RECORDS.rollingBack, { releases: [CONTROL, CANARY] }],
  ] as const)('E2 does not %s when its intent cannot be written', async (kind, record, given) => {
    const stale = new CcpError('stale-epoch', 'taken over')
    const { calls, carryOut } = world({
      ...given,
      intend: () => {
        throw stale
      },
    })
    await expect(carryOut(kind, record)).rejects.toBe(stale)
    expect(calls.filter((call) => !call.startsWith('lock'))).toEqual([])
  })
})

describe('a release that is a pair of code and configuration', () => {
  const code = 'c'.repeat(40)
  const ofConfig = { ...patch, pair: { part: 'config', otherCommit: code } as const }
  const ofCode = { ...patch, pair: { part: 'code', otherCommit: 'f'.repeat(40) } as const }
  const approvedAs = (changed: typeof patch): IncidentRecord => ({
    ...queued,
    patch: changed,
    approval: {
      ...approval,
      bindingHash: bindingHash(changed, report, approval.expiresAtMs),
      status: 'approved',
    },
  })
  const runs = (commit: string, configCommit?: string): readonly Release[] => [
    { ...CONTROL, commit, configCommit },
  ]

  it.each([
    ['the configuration is patched', approvedAs(ofConfig), runs(code, patch.baseCommit)],
    ['the code is patched', approvedAs(ofCode), runs(patch.baseCommit, 'f'.repeat(40))],
  ])('E1 is bound as a pair where %s', async (_, record, releases) => {
    const { calls, carryOut } = world({ releases })
    expect(await carryOut('acquire-locks', record)).toEqual({ kind: 'locksAcquired' })
    expect(calls).toEqual(['lock checkout payment'])
  })

  it.each([
    ['other code runs', ofConfig, runs('d'.repeat(40), patch.baseCommit), /runs dddddddddd with config/],
    ['another configuration runs', ofConfig, runs(code, 'd'.repeat(40)), /with configuration dddddddddd now/],
    ['it runs without configuration now', ofConfig, runs(code), /runs cccccccccc now/],
    ['another configuration runs beside', ofCode, runs(patch.baseCommit, 'd'.repeat(40)), /made for .* with/],
    ['it got configuration meanwhile', patch, runs(patch.baseCommit, 'd'.repeat(40)), /configuration dddd/],
  ])('E1 voids the approval where %s, and starts nothing', async (_, changed, releases, why) => {
    const record = approvedAs(changed)
    const { calls, carryOut } = world({ releases })
    const reason = expect.stringMatching(why) as string
    expect(await carryOut('acquire-locks', record)).toEqual({ kind: 'approvalVoided', reason })
    const start = carryOut('prepare-canary', { ...record, state: 'DEPLOYING' })
    await expect(start).rejects.toMatchObject({ code: 'conflict', message: reason })
    expect(calls).toEqual([])
  })

  it('removes only the canary of the very pair', async () => {
    const control = { ...CONTROL, commit: code, configCommit: patch.baseCommit }
    const canary = { ...CANARY, commit: code, configCommit: patch.commit }
    const { calls, carryOut } = world({ releases: [control, { ...control, weightPercent: 0 }, canary] })
    const asked = { ...approvedAs(ofConfig), state: 'DEPLOYING', rollBackAsked: 'no' } as const
    await carryOut('roll-back', asked)
    expect(calls).toEqual(['intend', `stop ${canary.version}`])
  })
})

describe('a rollout', () => {
  it('gives the canary the share that its phase asks for, and keeps its locks', async () => {
    const { calls, carryOut } = world({ releases: [CONTROL, CANARY] })
    expect(await carryOut('set-weight', RECORDS.startingCanary)).toMatchObject({
      kind: 'weightSet',
      percent: 10,
    })
    expect(calls).toEqual(['lock checkout payment', 'intend', 'weight 10'])
  })

  it('does not go on without its locks', async () => {
    const { calls, carryOut } = world({ releases: [CONTROL, CANARY], busy: ['pd-OTHER'] })
    await expect(carryOut('set-weight', RECORDS.startingCanary)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('pd-OTHER') as string,
    })
    expect(calls).not.toContain('weight 10')
  })

  it('goes back although its locks are lost', async () => {
    const running = [
      { ...CONTROL, weightPercent: 90 },
      { ...CANARY, weightPercent: 10 },
    ]
    const { calls, carryOut } = world({ releases: running, busy: ['pd-OTHER'] })
    expect(await carryOut('roll-back', RECORDS.rollingBack)).toMatchObject({
      kind: 'rolledBack',
      detail: expect.stringContaining(`${CONTROL.version} has all traffic`) as string,
    })
    expect(calls).toEqual(['lock checkout payment', 'intend', 'weight 0', `stop ${CANARY.version}`])
  })

  it('removes a canary that was started but never recorded', async () => {
    const { calls, carryOut } = world({ releases: [CONTROL, CANARY] })
    const asked = { ...deploying, rollBackAsked: 'not tonight' }
    expect(await carryOut('roll-back', asked)).toMatchObject({
      kind: 'rolledBack',
      detail: expect.stringContaining('before it took any traffic') as string,
    })
    expect(calls).toEqual(['intend', `stop ${CANARY.version}`])
  })

  it('has nothing to go back from where nothing was deployed', async () => {
    const { calls, carryOut } = world({})
    expect(await carryOut('roll-back', deploying)).toEqual({
      kind: 'rolledBack',
      detail: 'nothing had been deployed',
    })
    expect(calls).toEqual([])
  })

  it('ends by stopping the old release', async () => {
    const verified = {
      ...RECORDS.verifying,
      rollout: { ...rollout, phase: 'SUCCESS' as const, weightPercent: 100 },
    }
    const { calls, carryOut } = world({
      releases: [
        { ...CANARY, weightPercent: 100 },
        { ...CONTROL, weightPercent: 0 },
      ],
    })
    expect(await carryOut('finish-rollout', verified)).toEqual({ kind: 'rolloutFinished' })
    expect(calls).toEqual(['intend', 'weight 100', `stop ${CONTROL.version}`])
  })

  it('gives its locks back', async () => {
    const { calls, carryOut } = world({})
    expect(await carryOut('release-locks', RECORDS.resolved)).toBeNull()
    expect(calls).toEqual([`unlock ${INCIDENT}`])
  })

  it.each([
    'acquire-locks',
    'prepare-canary',
    'set-weight',
    'observe',
    'finish-rollout',
    'roll-back',
  ] as const)('does nothing on a %s that the state has overtaken', async (kind) => {
    const { calls, carryOut } = world({ releases: [CONTROL, CANARY] })
    const early = { ...RECORDS.startingCanary, state: 'HANDED_OVER' } as const
    for (const record of [RECORDS.rolledBack, RECORDS.resolved, RECORDS.closed, early]) {
      expect(await carryOut(kind, record)).toBeNull()
    }
    expect(calls).toEqual([])
  })

  it('names a service that has left services.yaml meanwhile', async () => {
    const { carryOut } = world({})
    const gone = {
      ...RECORDS.startingCanary,
      rollout: { ...rollout, phase: 'CANARY_10' as const, service: 'ledger' },
    }
    await expect(carryOut('set-weight', gone)).rejects.toMatchObject({ code: 'not-found' })
  })
})
