import { describe, expect, it } from 'vitest'
import type { Location, Rollout, Verdict } from '../../../src/pipeline/contracts.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import { canaryChart } from '../../../src/bot/views/canary-chart.ts'
import { threadOf } from '../../../src/bot/views/thread-of.ts'
import { ACCESS, inconclusive, RECORDS, signalVerdict } from '../../support/incident-records.ts'

const facts = {
  members: ACCESS.members,
  link: (key: string) => `https://example.slack.com/${key}`,
  thread: (id: string) => `https://example.slack.com/thread/${id}`,
}
const because = 'latency p95 rose from 20 ms to 1.4 s (10 times its usual variation)'
const fault = { kind: 'slow-answers' as const, because, usualMs: 20 }

const EDGES = [10, 50, 2500, 250]
const base = RECORDS.canary10
const rollout: Rollout = {
  ...(base.rollout as Rollout),
  latencyEdgesMs: EDGES,
  cures: ['slow_ratio'],
  blocks: (base.rollout as Rollout).blocks.map((block) => ({
    ...block,
    canary: { ...block.canary, errors: 0, slower: [0, 0, 0, 0] },
    control: { ...block.control, errors: 0, slower: [9, 9, 0, 9] },
  })),
}
const verdict: Verdict = {
  ...inconclusive,
  signals: [
    signalVerdict({
      canary: { n: 320, x: 0, ratio: 0 },
      control: { n: 2880, x: 0, ratio: 0 },
      difference: 0,
      logECure: null,
      pCure: null,
      pNoHarm: 1,
    }),
    signalVerdict({ signal: 'slow_ratio', edgeMs: 250 }),
  ],
}
const location: Location = {
  ...(base.location as Location),
  exception: null,
  fault,
  doubts: [
    'no trace names the line; it was found among the 27 lines of code that the release changed in 3 files',
  ],
}
const record: IncidentRecord = {
  ...base,
  diagnosis: base.diagnosis === null ? null : { ...base.diagnosis, stackTrace: null, fault },
  location,
  rollout,
  verdict,
}
const textOf = (key: string): string => {
  const found = threadOf(record, facts).find((message) => message.key.startsWith(key))
  return JSON.stringify(found?.blocks ?? [])
}

describe('the thread of an incident of slow answers', () => {
  it('says in the channel what is measured and where it probably comes from, not that something is thrown', () => {
    expect(textOf('root')).toContain(`It answers slowly: ${because}. Probably at`)
    expect(textOf('root')).not.toContain('throws')
  })

  it('calls the line probable, and says how it was found', () => {
    const text = textOf('location')
    expect(text).toContain('Fault probably at')
    expect(text).toContain(`Slow answers: ${because}`)
    expect(text).toContain('no trace names the line')
  })

  it('shows the slow answers beside the buttons, and what is proved of them', () => {
    const text = textOf('rollout')
    expect(text).toContain('*0 %* slower than 250 ms (0 of 320 requests)')
    expect(text).toContain('Not proved yet: the slow answers are cured')
    expect(text).toContain('no worse than the control (none seen in 320 requests)')
    expect(text).toContain('proof that nothing got worse and that the slow answers fell')
  })

  it('draws them first', () => {
    const chart = canaryChart(rollout, verdict)
    expect(chart?.alt).toMatch(
      /^Answers slower than 250 ms over time of payment, latest: canary 0 %, control /,
    )
    const [slow, errors] = ['Answers slower than 250 ms', 'Error ratio'].map(
      (words) => chart?.svg.indexOf(words) ?? -1,
    )
    expect(slow).toBeGreaterThan(0)
    expect(errors).toBeGreaterThan(slow ?? 0)
  })
})
