import { describe, expect, it } from 'vitest'
import type { Patch, Rollout } from '../../../src/pipeline/contracts.ts'
import { CcpError } from '../../../src/pipeline/errors.ts'
import {
  finishRollout,
  observe,
  prepareCanary,
  promote,
  rollBack,
  setCanaryWeight,
  versionOf,
} from '../../../src/pipeline/deployment/roll-out.ts'
import { fakeDeps, FakeTarget, reading, rollout, settings, verdict } from './fixtures.ts'

const commit = 'abcdef0123456789abcdef0123456789abcdef01'
const patch: Patch = {
  incidentId: 'INC-1',
  candidateId: 'c1',
  strategy: 'template',
  service: 'payment',
  repository: 'repositories/payment',
  baseCommit: 'b'.repeat(40),
  branch: 'ccp/inc-1',
  commit,
  diff: '',
  files: [],
  regressionTest: { kind: 'none', reason: 'not needed here' },
  title: 'Guard the address',
}

const v1 = { commit: 'b'.repeat(40), weightPercent: 100, running: true }
const canaryVersion = versionOf(commit)
const underWay = (percent: number) =>
  new FakeTarget({
    v1: { ...v1, weightPercent: 100 - percent },
    v2: { commit, weightPercent: percent, running: true },
  })

describe('preparing the canary', () => {
  it('starts the patch without traffic and fixes the edges from the control alone', async () => {
    const target = new FakeTarget({ v1 })
    const asked: (readonly string[])[] = []
    const deps = fakeDeps(target, {
      counters: {
        read: async (_, versions) => {
          asked.push(versions)
          return [reading('v1', 1, 1000, 0, 40)]
        },
      },
    })
    const prepared = await prepareCanary(patch, deps)
    expect(target.calls).toEqual([`start ${canaryVersion}`])
    expect(asked).toEqual([['v1']])
    expect(prepared).toMatchObject({
      phase: 'IDLE',
      weightPercent: 0,
      controlVersion: 'v1',
      canaryVersion,
      latencyEdgesMs: [5, 5, 50],
      blocks: [],
    })
  })

  it('of a configuration starts the code that runs with the new file, in the place of both repositories', async () => {
    const code = 'c'.repeat(40)
    const target = new FakeTarget({ v1: { ...v1, commit: code, configCommit: patch.baseCommit } })
    const config = { repository: 'settings.git', branch: 'main', path: 'payment.env' }
    const service = {
      name: 'payment',
      repository: 'repositories/payment',
      objective: { errorRatio: 0.01, latencyP95Ms: null },
      config: { ...config, testCommand: null, protectedPaths: [] },
    }
    const changed: Patch = { ...patch, repository: 'clones/c', pair: { part: 'config', otherCommit: code } }
    const prepared = await prepareCanary(changed, fakeDeps(target, { service }))
    const version = `${code.slice(0, 8)}-${commit.slice(0, 8)}`
    expect(target.started).toEqual([
      {
        service: 'payment',
        version,
        commit: code,
        repository: 'clones/code',
        config: { repository: 'clones/c', commit, path: 'payment.env' },
      },
    ])
    expect(prepared).toMatchObject({ commit: code, configCommit: commit, canaryVersion: version })
  })

  it('of the code of a pair keeps the configuration that runs', async () => {
    const target = new FakeTarget({ v1: { ...v1, configCommit: 'f'.repeat(40) } })
    const config = { repository: 'settings.git', branch: 'main', path: 'payment.env' }
    const service = {
      name: 'payment',
      repository: 'repositories/payment',
      objective: { errorRatio: 0.01, latencyP95Ms: null },
      config: { ...config, testCommand: null, protectedPaths: [] },
    }
    const changed: Patch = { ...patch, pair: { part: 'code', otherCommit: 'f'.repeat(40) } }
    await prepareCanary(changed, fakeDeps(target, { service }))
    expect(target.started[0]).toMatchObject({
      commit,
      repository: patch.repository,
      config: { repository: 'clones/config', commit: 'f'.repeat(40), path: 'payment.env' },
    })
    const gone = fakeDeps(new FakeTarget({ v1 }))
    await expect(prepareCanary(changed, gone)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('again gives the same (D1)', async () => {
    const target = new FakeTarget({ v1 })
    const deps = fakeDeps(target)
    expect(await prepareCanary(patch, deps)).toEqual(await prepareCanary(patch, deps))
    expect([...target.all.keys()]).toEqual(['v1', canaryVersion])
  })

  it('starts nothing where the counters cannot be read, nothing serves, or another rollout is under way', async () => {
    const unread = new FakeTarget({ v1 })
    const down = { read: () => Promise.reject(new CcpError('unavailable', 'no counters')) }
    await expect(prepareCanary(patch, fakeDeps(unread, { counters: down }))).rejects.toMatchObject({
      code: 'unavailable',
    })
    const shared = underWay(10)
    await expect(prepareCanary(patch, fakeDeps(shared))).rejects.toMatchObject({ code: 'conflict' })
    const idle = new FakeTarget({})
    await expect(prepareCanary(patch, fakeDeps(idle))).rejects.toMatchObject({ code: 'not-found' })
    for (const target of [unread, shared, idle]) expect(target.calls).toEqual([])
  })
})

describe('setting the weight', () => {
  it('starts a new step: its time, its deadline, and a new block', async () => {
    const target = underWay(10)
    const deps = fakeDeps(target)
    const before = rollout({ lastReadings: [reading('v1', 1, 5)] })
    const after = await setCanaryWeight(before, 50, deps)
    expect(after).toMatchObject({
      weightPercent: 50,
      phaseSinceMs: deps.clock.nowMs,
      deadlineMs: deps.clock.nowMs + settings.canary50.deadlineMs,
      lastReadings: [],
    })
    expect((await promote(before, deps)).deadlineMs).toBe(deps.clock.nowMs + settings.full.deadlineMs)
  })

  it('gives nothing to a canary that does not run (D2)', async () => {
    const target = new FakeTarget({ v1, v2: { commit, weightPercent: 0, running: false } })
    await expect(setCanaryWeight(rollout(), 10, fakeDeps(target))).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
    })
    expect(target.calls).toEqual([])
  })
})

describe('a look', () => {
  it('appends a block, asks for the verdict and says what is next', async () => {
    const state = rollout({ lastReadings: [reading('v2', 990_000, 10), reading('v1', 990_000, 100)] })
    const seen: Rollout[] = []
    const deps = fakeDeps(underWay(10), {
      judge: (judged) => {
        seen.push(judged)
        return verdict({ decision: 'fail', reason: 'Worse.' })
      },
    })
    const look = await observe(state, deps)
    expect(look.rollout.blocks).toHaveLength(1)
    expect(seen[0]?.blocks).toEqual(look.rollout.blocks)
    expect(look.step).toEqual({ kind: 'rollBack', reason: 'Worse.' })
  })

  it('freezes the weight where the counters cannot be read, and counts how often', async () => {
    const deps = fakeDeps(underWay(10), {
      counters: { read: () => Promise.reject(new CcpError('timeout', 'late')) },
      judge: () => verdict({ decision: 'pass', reason: 'No harm.' }),
    })
    const look = await observe(rollout({ unreadable: 1, deadlineMs: 2_000_000 }), deps)
    expect(look.rollout.unreadable).toBe(2)
    expect(look.step.kind).toBe('hold')
  })

  it('believes that a canary is ill when it says so twice', async () => {
    let asked = 0
    const target = underWay(10)
    target.health = async () => {
      asked += 1
      return asked === 1 ? { healthy: false, detail: 'late' } : { healthy: true, detail: 'answers 200' }
    }
    const flaky = await observe(rollout({ deadlineMs: 2_000_000 }), fakeDeps(target))
    expect(flaky.rollout.health?.healthy).toBe(true)
    const dead = underWay(10)
    dead.healthy = false
    const ill = await observe(rollout({ deadlineMs: 2_000_000 }), fakeDeps(dead))
    expect(ill.step.kind).toBe('rollBack')
  })

  it('does not swallow a fault that is no outage', async () => {
    const deps = fakeDeps(underWay(10), {
      counters: { read: () => Promise.reject(new CcpError('corrupt', 'broken')) },
    })
    await expect(observe(rollout(), deps)).rejects.toMatchObject({ code: 'corrupt' })
  })
})

describe('the end of a success', () => {
  it('drains and stops the old release, which was kept until then (D3, D5)', async () => {
    const target = underWay(100)
    const detail = await finishRollout(rollout({ weightPercent: 100 }), fakeDeps(target))
    expect(target.calls).toEqual(['weight v2 100', 'stop v1'])
    expect(detail).toContain('v1 was stopped')
    await finishRollout(rollout({ weightPercent: 100 }), fakeDeps(target))
    expect([...target.all.keys()]).toEqual(['v2'])
  })
})

describe('a rollback', () => {
  it('takes the weight away, sees the traffic end, and only then stops (D3)', async () => {
    const target = underWay(50)
    const requests = [10, 14, 15, 15, 15]
    const order: string[] = []
    const deps = fakeDeps(target, {
      counters: {
        read: async () => {
          order.push(`read after ${target.calls.length} calls`)
          return [reading('v2', deps.clock.nowMs, requests.shift() ?? 15)]
        },
      },
    })
    const detail = await rollBack(rollout(), deps)
    expect(target.calls).toEqual(['weight v2 0', 'stop v2'])
    expect(order).toHaveLength(4)
    expect(new Set(order)).toEqual(new Set(['read after 1 calls']))
    expect(detail).toBe('v1 has all traffic; v2 was stopped')
  })

  it('does not wait for metrics that cannot be read, and says so (D4)', async () => {
    const target = underWay(50)
    const counters = { read: () => Promise.reject(new CcpError('unavailable', 'no counters')) }
    expect(await rollBack(rollout(), fakeDeps(target, { counters }))).toContain('could not be read')
    expect([...target.all.keys()]).toEqual(['v1'])
  })

  it('starts a control that has died before it gives the traffic back (D2)', async () => {
    const target = underWay(50)
    target.all.set('v1', { ...v1, weightPercent: 50, running: false })
    const detail = await rollBack(rollout(), fakeDeps(target))
    expect(target.calls).toEqual(['start v1', 'weight v2 0', 'stop v2'])
    expect(detail).toContain('had died')
  })

  it('keeps the traffic where it is when there is nothing to go back to', async () => {
    const target = new FakeTarget({ v2: { commit, weightPercent: 100, running: true } })
    await expect(rollBack(rollout(), fakeDeps(target))).rejects.toMatchObject({ code: 'not-found' })
    expect(target.calls).toEqual([])
  })

  it('says when what it went back to is not healthy either', async () => {
    const target = underWay(50)
    target.healthy = false
    expect(await rollBack(rollout(), fakeDeps(target))).toContain('not healthy either: answers 500')
  })

  it('throws, to be tried again, when it did not take (D4)', async () => {
    const target = underWay(50)
    target.setWeight = async () => {
      const canary = target.all.get('v2')
      if (canary !== undefined) canary.weightPercent = 0
    }
    await expect(rollBack(rollout(), fakeDeps(target))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('v1 50 % running'),
    })
  })

  it.each([1, 2, 3].flatMap((call) => (['before', 'after'] as const).map((when) => [call, when] as const)))(
    'that fails at its call %i, %s the effect, ends right when it is made again (D1)',
    async (call, when) => {
      const target = underWay(50)
      target.all.set('v1', { ...v1, weightPercent: 50, running: false })
      target.fault = { call, when }
      await expect(rollBack(rollout(), fakeDeps(target))).rejects.toThrow()
      await rollBack(rollout(), fakeDeps(target))
      expect([...target.all]).toEqual([['v1', { ...v1, weightPercent: 100, running: true }]])
    },
  )
})
