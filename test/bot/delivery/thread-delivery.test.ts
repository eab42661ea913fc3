import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CcpError } from '../../../src/pipeline/errors.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import {
  deliverThreads,
  type ThreadDelivery,
  type ThreadDeliveryDeps,
  type Undeliverable,
} from '../../../src/bot/delivery/thread-delivery.ts'
import { SLACK_RATES } from '../../../src/bot/settings.ts'
import { blockTypes, fakeSlack, type FakeSlack } from '../../support/fake-slack.ts'
import { ACCESS, INCIDENT, RECORDS, blocks } from '../../support/incident-records.ts'
import { memoryDeliveries, memoryJournal, type MemoryJournal } from '../../support/memory-journal.ts'

const UNHURRIED = {
  ...SLACK_RATES,
  postsPerSecond: 1_000,
  postBurst: 1_000,
  updatesPerMinute: 60_000,
  updateBurst: 1_000,
}

interface Setting {
  readonly slack: FakeSlack
  readonly journal: MemoryJournal
  readonly delivery: ThreadDelivery
  readonly outages: Undeliverable[]
  readonly deps: ThreadDeliveryDeps
}

const running: ThreadDelivery[] = []
beforeEach(() => void vi.useFakeTimers({ now: RECORDS.canary10.stateSinceMs }))
afterEach(async () => {
  const stops = running.splice(0).map((delivery) => delivery.stop(10))
  await vi.advanceTimersByTimeAsync(50)
  await Promise.all(stops)
  vi.useRealTimers()
})

function setting(record: IncidentRecord, change: Partial<ThreadDeliveryDeps> = {}): Setting {
  const slack = fakeSlack()
  const journal = memoryJournal(record)
  const outages: Undeliverable[] = []
  const deps: ThreadDeliveryDeps = {
    journal,
    deliveries: memoryDeliveries(),
    slack,
    interactive: slack,
    channel: 'C1',
    members: ACCESS.members,
    teamUrl: null,
    settings: UNHURRIED,
    log: pino({ level: 'silent' }),
    nowMs: () => Date.now(),
    render: async (svg) => Buffer.from(svg),
    onUndeliverable: (outage) => void outages.push(outage),
    ...change,
  }
  return { slack, journal, outages, deps, delivery: startedWith(deps, journal) }
}

function startedWith(deps: ThreadDeliveryDeps, journal: MemoryJournal): ThreadDelivery {
  const delivery = deliverThreads(deps)
  running.push(delivery)
  journal.subscribe((incidentId) => delivery.changed(incidentId))
  return delivery
}

async function settle(ms = 100): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

const keysOf = (slack: FakeSlack): readonly string[] => slack.messages.map((message) => message.key)
const rolloutAt = (ten: number): IncidentRecord => ({
  ...RECORDS.canary10,
  rollout: { ...RECORDS.canary10.rollout!, blocks: blocks({ ten }) },
})

describe('a thread', () => {
  it('is posted once, and nothing is sent again while nothing changes', async () => {
    const { slack, delivery } = setting(RECORDS.diagnosed)
    delivery.changed(INCIDENT)
    await settle()
    const calls = slack.calls.length
    delivery.changed(INCIDENT)
    await settle()
    expect(keysOf(slack)).toEqual(['root', 'diagnosis'])
    expect(slack.messages[1]?.threadTs).toBe(slack.messages[0]?.ts)
    expect(slack.calls).toHaveLength(calls)
  })

  it('skips the states that came and went while Slack was slow', async () => {
    const { slack, journal, delivery } = setting(RECORDS.opened)
    delivery.changed(INCIDENT)
    await settle()
    const gate = Promise.withResolvers<void>()
    slack.hold = gate.promise
    for (const record of [RECORDS.diagnosed, RECORDS.planned, RECORDS.gating, RECORDS.awaitingApproval]) {
      journal.commit(record)
      await settle(1)
    }
    slack.hold = null
    gate.resolve()
    await settle()
    expect(slack.byKey('root')?.text).toContain('Waiting for approval')
    expect(slack.calls.filter((call) => call === `update ${INCIDENT} root`).length).toBeLessThanOrEqual(2)
    expect(keysOf(slack)).toHaveLength(7)
  })

  it.each(['root', 'diagnosis', 'gates'])(
    'is not doubled by a kill between the post of "%s" and its record',
    async (key) => {
      const { slack, journal, deps, delivery } = setting(RECORDS.awaitingApproval)
      const before = ['root', 'diagnosis', 'location', 'plan', 'patch', 'gates'].indexOf(key)
      const post = slack.post
      slack.post = async (message) => {
        if (message.key === key) slack.mishaps.push({ on: 'post', killAfter: true })
        return await post(message)
      }
      delivery.changed(INCIDENT)
      await settle()
      expect(slack.messages).toHaveLength(before + 1)

      const next = fakeSlack()
      next.messages.push(...slack.messages)
      startedWith({ ...deps, slack: next, interactive: next }, journal).changed(INCIDENT)
      await settle()
      expect(new Set(keysOf(next)).size).toBe(next.messages.length)
      expect(next.messages).toHaveLength(7)
      expect(next.calls).toContain(`find ${INCIDENT} ${key}`)
    },
  )

  it('is not doubled by an answer that was lost', async () => {
    const { slack, delivery } = setting(RECORDS.diagnosed)
    slack.mishaps.push({ on: 'post', loseAnswer: true }, { on: 'post', loseAnswer: true })
    delivery.changed(INCIDENT)
    await settle(10_000)
    expect(keysOf(slack)).toEqual(['root', 'diagnosis'])
  })

  it('begins anew when its root was deleted, and leaves nothing of the old one', async () => {
    const { slack, journal, delivery } = setting(RECORDS.diagnosed)
    delivery.changed(INCIDENT)
    await settle()
    const [root, reply] = slack.messages.map((message) => message.ts)
    slack.delete(root ?? '')
    journal.commit(RECORDS.planned)
    await settle()
    expect(keysOf(slack)).toEqual(['root', 'diagnosis', 'location', 'plan'])
    expect(slack.messages.some((message) => message.ts === reply)).toBe(false)
    expect(slack.messages.slice(1).every((message) => message.threadTs === slack.messages[0]?.ts)).toBe(true)
  })

  it('gets a reply back that somebody deleted, and keeps the rest', async () => {
    const { slack, journal, delivery } = setting(RECORDS.awaitingApproval)
    delivery.changed(INCIDENT)
    await settle()
    const root = slack.byKey('root')?.ts
    slack.delete(slack.byKey('approval')?.ts ?? '')
    journal.commit(RECORDS.rejected)
    await settle()
    expect(slack.byKey('approval')?.text).toContain('Rejected')
    expect(slack.byKey('root')?.ts).toBe(root)
  })

  it('loses the note on trouble once the trouble is over', async () => {
    const { slack, journal, delivery } = setting(RECORDS.troubled)
    delivery.changed(INCIDENT)
    await settle()
    expect(keysOf(slack)).toContain('trouble')
    journal.commit(RECORDS.diagnosed)
    await settle()
    expect(keysOf(slack)).toEqual(['root', 'diagnosis'])
  })

  it('keeps the messages of the first analysis when a second one starts', async () => {
    const { slack, journal, delivery } = setting(RECORDS.gatesFailed)
    delivery.changed(INCIDENT)
    await settle()
    const first = slack.byKey('diagnosis')
    journal.commit(RECORDS.opened)
    await settle()
    journal.commit(RECORDS.diagnosed)
    await settle()
    const diagnoses = slack.messages.filter((message) => message.key === 'diagnosis')
    expect(diagnoses).toHaveLength(2)
    expect(diagnoses[0]).toEqual(first)
  })

  it('has no live button left when the incident ends', async () => {
    const { slack, journal, delivery } = setting(RECORDS.canary10)
    delivery.changed(INCIDENT)
    await settle()
    journal.commit(RECORDS.resolved)
    await settle()
    const actions = slack.messages
      .flatMap((message) => message.blocks)
      .filter((block) => block.type === 'actions')
    expect(JSON.stringify(actions)).not.toMatch(/approve|reject|rollBack|pause|resume|escalate|retry/)
    expect(slack.byKey('end')?.text).toContain('Resolved')
  })
})

describe('what people wait for', () => {
  it('is sent before the news of other incidents', async () => {
    const other = { ...RECORDS.gating, incident: { ...RECORDS.gating.incident, incidentId: 'pd-OTHER' } }
    const { slack, journal, delivery } = setting(RECORDS.awaitingApproval, {
      settings: { ...UNHURRIED, postBurst: 1, postsPerSecond: 1 },
    })
    journal.seed(other)
    delivery.changed('pd-OTHER')
    await settle(1_500)
    delivery.changed(INCIDENT)
    await settle(1_500)
    expect(slack.calls.slice(0, 4)).toContain(`post ${INCIDENT} root`)
  })

  it('passes the queue when it was clicked on', async () => {
    const { slack, journal, delivery } = setting(RECORDS.awaitingApproval, {
      settings: { ...UNHURRIED, updateBurst: 1, updatesPerMinute: 1 },
    })
    delivery.changed(INCIDENT)
    await settle(5_000)
    const asked = slack.byKey('approval')
    journal.commit(RECORDS.rejected)
    await delivery.settleNow(INCIDENT, asked?.ts ?? '')
    expect(slack.byKey('approval')?.text).toContain('Rejected')
  })
})

describe('the degradation ladder', () => {
  it('goes from blocks to text with buttons to text alone', async () => {
    const { slack, delivery } = setting(RECORDS.opened)
    slack.mishaps.push({ on: 'post', refuse: 'content' })
    delivery.changed(INCIDENT)
    await settle()
    expect(blockTypes(slack.byKey('root'))).toEqual(['section', 'actions'])

    const worse = setting(RECORDS.opened)
    worse.slack.mishaps.push({ on: 'post', refuse: 'content' }, { on: 'post', refuse: 'content' })
    worse.delivery.changed(INCIDENT)
    await settle()
    expect(worse.slack.byKey('root')?.blocks).toEqual([])
    expect(worse.slack.byKey('root')?.text).toContain('/ccp status')
  })

  it('does not try a refused form again and again', async () => {
    const { slack, delivery } = setting(RECORDS.opened)
    slack.mishaps.push({ on: 'post', refuse: 'content' })
    delivery.changed(INCIDENT)
    await settle()
    const calls = slack.calls.length
    delivery.changed(INCIDENT)
    await settle(20_000)
    expect(slack.calls).toHaveLength(calls)
  })

  it('shows the words when the picture is not to be had', async () => {
    const { slack, delivery } = setting(RECORDS.canary10)
    slack.mishaps.push({ on: 'upload', fail: new CcpError('unavailable', 'no files today') })
    delivery.changed(INCIDENT)
    await settle()
    expect(blockTypes(slack.byKey('rollout'))).not.toContain('image')
    await settle(SLACK_RATES.imageEveryMs + 1_000)
    expect(blockTypes(slack.byKey('rollout'))).toContain('image')
  })

  it('waits for a picture that Slack has not processed yet', async () => {
    const { slack, delivery } = setting({
      ...RECORDS.canary10,
      diagnosis: null,
      location: null,
      plan: null,
      patch: null,
      gates: null,
      approval: null,
    })
    const post = slack.post
    let refused = 0
    slack.post = async (message) => {
      if (message.key === 'rollout' && refused++ < 2)
        return { kind: 'refused', part: 'image', detail: 'invalid slack file' }
      return await post(message)
    }
    delivery.changed(INCIDENT)
    await settle(2_000)
    expect(blockTypes(slack.byKey('rollout'))).toContain('image')
  })

  it('reports an outage once, with what the thread would have said, and delivers when Slack is back', async () => {
    const { slack, delivery, outages } = setting(RECORDS.opened)
    const post = slack.post
    slack.post = async () => {
      throw new CcpError('unavailable', 'Slack could not be reached')
    }
    delivery.changed(INCIDENT)
    await settle(SLACK_RATES.undeliverableAfterMs - 1_000)
    expect(outages).toEqual([])
    await settle(SLACK_RATES.undeliverableAfterMs)
    expect(outages).toHaveLength(1)
    expect(outages[0]?.text).toContain('Looking for the cause')
    expect(outages[0]?.error?.message).toBe('Slack could not be reached')
    slack.post = post
    await settle(20_000)
    expect(keysOf(slack)).toEqual(['root'])
    expect(slack.byKey('root')?.text).toContain('Looking for the cause')
    expect(JSON.stringify(slack.byKey('root')?.blocks)).toMatch(/this came 1 min \d+ s late/)
  })

  it('reports at once what trying again cannot mend', async () => {
    const { slack, delivery, outages } = setting(RECORDS.opened)
    slack.mishaps.push({ on: 'post', fail: new CcpError('unauthorised', 'Slack refuses the token') })
    delivery.changed(INCIDENT)
    await settle(10)
    expect(outages).toHaveLength(1)
  })

  it('waits as long as Slack asks', async () => {
    const { slack, delivery } = setting(RECORDS.opened)
    slack.mishaps.push({ on: 'post', fail: new CcpError('rate-limited', 'slow', { retryAfterMs: 30_000 }) })
    delivery.changed(INCIDENT)
    await settle(29_000)
    expect(slack.calls).toHaveLength(1)
    await settle(2_000)
    expect(keysOf(slack)).toEqual(['root'])
  })
})

describe('the canary graph', () => {
  it('is drawn anew at a change of phase at once, in between only every few seconds, and the last one is not lost', async () => {
    const { slack, journal, delivery } = setting(rolloutAt(4))
    delivery.changed(INCIDENT)
    await settle()
    for (const ten of [5, 6, 7]) {
      journal.commit(rolloutAt(ten))
      await settle(1_000)
    }
    expect(slack.uploads).toHaveLength(1)
    await settle(SLACK_RATES.imageEveryMs)
    expect(slack.uploads).toHaveLength(2)
    journal.commit(RECORDS.verifying)
    await settle()
    expect(slack.uploads).toHaveLength(3)
    expect(JSON.stringify(slack.byKey('rollout')?.blocks)).toContain('"id":"F3"')
  })

  it('is bounded in number', async () => {
    const { slack, journal, delivery } = setting(rolloutAt(4), { settings: { ...UNHURRIED, maxImages: 3 } })
    delivery.changed(INCIDENT)
    for (let ten = 5; ten < 40; ten += 1) {
      journal.commit(rolloutAt(ten))
      await settle(SLACK_RATES.imageEveryMs + 100)
    }
    expect(slack.uploads).toHaveLength(3)
  })
})

describe('the pace', () => {
  it('stays within the posts and updates that Slack allows', async () => {
    const { slack, journal, delivery } = setting(RECORDS.awaitingApproval, {
      settings: { ...SLACK_RATES },
    })
    const times: number[] = []
    const post = slack.post
    slack.post = async (message) => {
      times.push(Date.now())
      return await post(message)
    }
    for (let index = 0; index < 10; index += 1) {
      const incidentId = `pd-${index}`
      journal.seed({ ...RECORDS.opened, incident: { ...RECORDS.opened.incident, incidentId } })
      delivery.changed(incidentId)
    }
    await settle(30_000)
    expect(times).toHaveLength(10)
    const busiest = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 4_000).length),
    )
    expect(busiest).toBeLessThanOrEqual(SLACK_RATES.postBurst)
  })
})
