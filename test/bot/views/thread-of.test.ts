import { describe, expect, it } from 'vitest'
import { messageBlockProblems } from '../../../demo/workspace/slack/validate-blocks.ts'
import { possibleActions } from '../../../src/pipeline/commands.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import type { DesiredMessage } from '../../../src/bot/views/desired-message.ts'
import { threadOf } from '../../../src/bot/views/thread-of.ts'
import { ACCESS, BINDING_HASH, INCIDENT, RECORDS } from '../../support/incident-records.ts'

const facts = {
  members: ACCESS.members,
  link: (key: string) => `https://example.slack.com/${key}`,
  thread: (id: string) => `https://example.slack.com/thread/${id}`,
}
const states = Object.entries(RECORDS) as [keyof typeof RECORDS, IncidentRecord][]

const buttonsOf = ({ blocks }: DesiredMessage) =>
  blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.flatMap((each) => (each.type === 'button' ? [each] : [])) : [],
  )

const thread = (record: IncidentRecord) => threadOf(record, facts)
const message = (record: IncidentRecord, key: string): DesiredMessage => {
  const found = thread(record).find((each) => each.key.startsWith(key))
  if (found === undefined) throw new Error(`no message ${key}`)
  return found
}

/** What a person reads, with the buttons beneath each message. */
const asRead = (record: IncidentRecord): string =>
  thread(record)
    .map((each) => {
      const buttons = buttonsOf(each).map((button) => `[${button.text.text}]`)
      const image = each.image === null ? [] : [`(image: ${each.image.alt})`]
      return [`=== ${each.key}`, each.text, ...image, ...buttons].join('\n')
    })
    .join('\n')

describe('the thread of an incident', () => {
  it.each(states)('reads as agreed when it is %s', (_, record) => {
    expect(asRead(record)).toMatchSnapshot()
  })

  it.each(states)('is taken by Slack when it is %s', (_, record) => {
    const problems = thread(record).flatMap((each) => messageBlockProblems(each.blocks))
    expect(problems).toEqual([])
  })

  it.each(states)('shows no button that the state does not admit when it is %s', (_, record) => {
    const admitted: readonly string[] = [...possibleActions(record), 'showDiff', 'showEvidence']
    const shown = thread(record)
      .flatMap(buttonsOf)
      .map((button) => button.action_id)
    expect(shown.filter((action) => !admitted.includes(action ?? ''))).toEqual([])
  })

  it.each(states)('offers every admitted action in the channel when it is %s', (_, record) => {
    const root = buttonsOf(message(record, 'root')).map((button) => button.action_id)
    expect(root).toEqual(expect.arrayContaining([...possibleActions(record)]))
  })

  it('keeps the messages of a try that is over, and gives the next its own', () => {
    const before = thread(RECORDS.rollingBack).map(({ key }) => key)
    const keys = thread(RECORDS.secondFixAsked).map(({ key }) => key)
    expect(keys.slice(0, before.length)).toEqual(before)
    expect(keys.slice(before.length)).toEqual([
      'verdict',
      'plan-2',
      'patch-2',
      'gates-2',
      expect.stringMatching(/^approval-/),
    ])
  })

  it('leaves nothing to press in a try that is over', () => {
    const past = thread(RECORDS.secondFixAsked).filter(({ key }) =>
      /^(patch|gates|rollout|verdict)$/.test(key),
    )
    expect(past).toHaveLength(4)
    expect(past.flatMap(buttonsOf)).toEqual([])
  })

  it('shows an earlier diagnosis where the analysis began anew, in the order in which it happened', () => {
    const { handOver, diagnosis } = RECORDS.abstained
    const { diagnosis: own, location, plan, patch, gates, approval, rollout, verdict } = RECORDS.abstained
    const nouns = { diagnosis: own, location, plan, patch, gates, approval, rollout, verdict }
    const attempt = { ...nouns, handOver, endedAtMs: 1 }
    const keys = thread({ ...RECORDS.planned, attempts: [attempt] }).map(({ key }) => key)
    expect(diagnosis).not.toBeNull()
    expect(keys).toEqual(['root', 'diagnosis', 'end', 'diagnosis-2', 'location', 'plan'])
  })

  it('binds approve and reject to the hash of what is approved', () => {
    const decisions = thread(RECORDS.awaitingApproval)
      .flatMap(buttonsOf)
      .filter((button) => button.action_id === 'approve' || button.action_id === 'reject')
    expect(decisions).toHaveLength(4)
    for (const { value } of decisions) {
      expect(JSON.parse(value ?? '')).toEqual({ incidentId: INCIDENT, bindingHash: BINDING_HASH })
    }
  })

  it('asks before it approves or rolls back, and nowhere else', () => {
    const asking = [...thread(RECORDS.awaitingApproval), ...thread(RECORDS.canary10)]
      .flatMap(buttonsOf)
      .filter((button) => button.confirm !== undefined)
      .map((button) => button.action_id)
    expect(new Set(asking)).toEqual(new Set(['approve', 'rollBack']))
  })

  it('mentions those who may still approve, not those who have', () => {
    const text = message(RECORDS.halfApproved, 'approval').text
    expect(text).toContain('1 of 2')
    expect(text.split('\n')[2]).toContain('<@UONCALL001>')
    expect(text.split('\n')[2]).not.toContain('<@ULEAD00001>')
  })

  it('is a new message when approval is asked for anew, so that people are told', () => {
    const renewed = {
      ...RECORDS.awaitingApproval,
      approval: { ...RECORDS.awaitingApproval.approval!, bindingHash: '9'.repeat(64) },
    }
    expect(message(renewed, 'approval').key).not.toBe(message(RECORDS.awaitingApproval, 'approval').key)
  })

  it('says plainly that no cause is named, and still what is most probable', () => {
    const text = message(RECORDS.abstained, 'diagnosis').text
    expect(text).toContain('No cause is named')
    expect(text).toContain('The most probable, for you to check')
  })

  it('says that a model had a part, with its words as its own and escaped, and nothing where none had', () => {
    const record = RECORDS.awaitingApproval
    const review = {
      model: 'm-1',
      outcome: 'reordered' as const,
      text: 'the model m-1 put payment (30 %) before checkout (40 %)',
      summary: 'payment throws <!channel>',
      answer: null,
    }
    const reviewed = { ...record, diagnosis: { ...record.diagnosis!, review } }
    const { text, blocks } = message(reviewed, 'diagnosis')
    expect(text).toContain('In the words of a model')
    expect(text).toContain('A model was asked: the model m-1 put payment (30 %) before checkout (40 %)')
    expect(text).not.toContain('<!channel>')
    expect(messageBlockProblems(blocks)).toEqual([])
    expect(message(record, 'diagnosis').text).not.toContain('model')
  })

  it('says what is ruled out and where to look first, and names nobody, where no service shows what was reported', () => {
    const { text } = message(RECORDS.causeElsewhere, 'diagnosis')
    expect(text).toContain('all logs: no more errors')
    expect(text).not.toContain('most probable')
    expect(message(RECORDS.causeElsewhere, 'root').text).toContain(
      'Look first at what stands in front of gateway',
    )
  })

  it('changes the message in the channel with the phase, not with every look at the canary', () => {
    const later = {
      ...RECORDS.canary10,
      verdict: { ...RECORDS.canary10.verdict!, reason: 'other numbers', requestsSeen: 9_999 },
    }
    expect(message(later, 'root')).toEqual(message(RECORDS.canary10, 'root'))
  })

  it('keeps broadcasts, mentions and links out of what others wrote', () => {
    const nasty = '<!channel> <@U1> <https://evil.example|ok> & ``` `x` \u202e'
    const record = {
      ...RECORDS.diagnosed,
      incident: { ...RECORDS.diagnosed.incident, title: nasty },
      diagnosis: {
        ...RECORDS.diagnosed.diagnosis!,
        hypotheses: [{ ...RECORDS.diagnosed.diagnosis!.hypotheses[0]!, summary: nasty }],
      },
    }
    for (const each of thread(record)) {
      const mrkdwn = each.blocks.filter((block) => block.type !== 'header')
      expect(JSON.stringify([each.text, mrkdwn])).not.toMatch(/<!channel>|<@U1>|<https:\/\/evil|\u202e/)
    }
  })
})
