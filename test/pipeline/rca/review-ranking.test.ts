import { describe, expect, it } from 'vitest'
import type { CaseRanking, RankedCause } from '../../../src/pipeline/rca/case-ranking.ts'
import type { ReviewAnswer, ReviewQuestion } from '../../../src/pipeline/rca/ports.ts'
import { reviewRanking } from '../../../src/pipeline/rca/review-ranking.ts'
import { incidentCase, logLine, SETTINGS } from './builders.ts'

const NAMES = ['payment', 'checkout', 'inventory']
const SERVICES = [...NAMES, 'gateway', 'shipping'].map((name) => ({ name }))

function cause(service: string, confidence: number): RankedCause {
  const said = { kind: 'metric' as const, text: `${service} fails with password=hunter2hunter2`, weight: 1 }
  return {
    service,
    change: null,
    commits: [],
    confidence,
    evidenceFor: [said],
    evidenceAgainst: [],
    path: [service, 'gateway'],
  }
}

function ranking(confidences: readonly number[], more: Partial<CaseRanking> = {}): CaseRanking {
  return {
    id: 'case-1',
    ranked: NAMES.map((name, at) => cause(name, confidences[at] ?? 0)),
    abstained: null,
    isSymptomNormal: false,
    ruledOut: [],
    wouldSettle: [],
    confidenceShift: 0,
    onset: 0,
    missing: [],
    lookedAt: [],
    ...more,
  }
}

async function reviewed(
  answer: Partial<Extract<ReviewAnswer, { kind: 'answered' }>> | (() => Promise<ReviewAnswer>),
  given = ranking([0.5, 0.4, 0.02]),
) {
  const asked: ReviewQuestion[] = []
  const review = async (question: ReviewQuestion): Promise<ReviewAnswer> => {
    asked.push(question)
    return typeof answer === 'function'
      ? answer()
      : { kind: 'answered', order: NAMES, summary: '', ...answer }
  }
  const logs = [
    logLine(
      'payment',
      5,
      'ERROR x\nTraceback (most recent call last):\n  File "/app/a.py", line 1, in f\nKeyError: token=abcdefgh12345678',
    ),
  ]
  const result = await reviewRanking(
    { ranking: given, incidentCase: incidentCase({ logs }), symptom: 'gateway fails' },
    {
      reviewer: { model: 'm-1', review },
      services: SERVICES,
      settings: { ...SETTINGS, review: { ...SETTINGS.review, deadlineMs: 50 } },
    },
  )
  return { ...result, asked, order: result.ranked.map(({ service }) => service) }
}

describe('a model that is asked about a ranking', () => {
  it('may put candidates that the evidence hardly tells apart in another order, and moves no confidence', async () => {
    const { ranked, review } = await reviewed({
      order: ['checkout', 'payment', 'inventory'],
      summary: 'checkout lost its database.',
    })
    expect(ranked.map(({ service, confidence }) => [service, confidence])).toEqual([
      ['checkout', 0.4],
      ['payment', 0.5],
      ['inventory', 0.02],
    ])
    expect(review).toMatchObject({
      model: 'm-1',
      outcome: 'reordered',
      summary: 'checkout lost its database.',
      text: 'the model m-1 put checkout (40 %) before payment (50 %); the confidences are those of the evidence alone',
    })
  })

  it('cannot move a candidate against clear evidence, which is said', async () => {
    const { order, review } = await reviewed({ order: ['inventory', 'payment', 'checkout'] })
    expect(order).toEqual(NAMES)
    expect(review).toMatchObject({
      outcome: 'kept',
      text: expect.stringContaining('inventory further up, which the evidence does not bear'),
    })
    expect((await reviewed({ order: ['checkout'] }, ranking([0.9, 0.05, 0.01]))).order).toEqual(NAMES)
  })

  it('cannot put first what is too improbable to be named, and moves nothing where no cause is named', async () => {
    const low = ranking([0.12, 0.09, 0.02])
    expect((await reviewed({ order: ['checkout', 'payment'] }, low)).order).toEqual(NAMES)
    const abstained = ranking([0.09, 0.08, 0.02], { abstained: 'nothing separates the candidates' })
    const { order, review } = await reviewed(
      { order: ['checkout', 'payment'], summary: 'Look at checkout.' },
      abstained,
    )
    expect(order).toEqual(NAMES)
    expect(review?.summary).toBe('Look at checkout.')
  })

  it.each([
    [
      'names a service of the system that is none',
      { order: ['shipping', 'payment'] },
      '"shipping", which is none',
    ],
    ['names what nobody knows', { order: ['payment', 'the DNS'] }, '"the DNS", which is none'],
    ['names one twice', { order: ['payment', 'payment'] }, 'twice'],
    [
      'blames another in its summary',
      { summary: 'It is Shipping: roll it back.' },
      '"shipping", which is none',
    ],
    ['claims a confidence', { summary: 'payment is the cause, I am 95 % sure.' }, 'confidence of its own'],
    [
      'claims a probability',
      { summary: 'The probability is 0.97 that payment is at fault.' },
      'confidence of its own',
    ],
  ])('is refused as a whole where it %s', async (_, answer, why) => {
    const { order, review } = await reviewed({ order: ['checkout', 'payment'], ...answer })
    expect(order).toEqual(NAMES)
    expect(review).toMatchObject({
      outcome: 'refused',
      summary: null,
      text: expect.stringMatching(/^the answer of the model m-1 is refused: .*; the ranking stands$/),
    })
    expect(review?.text).toContain(why)
  })

  it('may speak of services on the way to the symptom, and of shares that are measured', async () => {
    const summary = 'payment fails 28 % of its requests, gateway suffers.'
    expect((await reviewed({ summary })).review).toMatchObject({ outcome: 'kept', summary })
  })

  it.each<[string, () => Promise<ReviewAnswer>, string]>([
    ['gives no answer', async () => ({ kind: 'none', reason: 'status 500' }), 'status 500'],
    ['fails', () => Promise.reject(new Error('boom')), 'boom'],
    ['is too late', () => new Promise(() => undefined), 'no answer within 50 ms'],
  ])('leaves the ranking as it is where it %s', async (_, answer, why) => {
    const { order, review } = await reviewed(answer)
    expect(order).toEqual(NAMES)
    expect(review).toMatchObject({ outcome: 'failed', summary: null, answer: null })
    expect(review?.text).toContain(why)
    expect(review?.text).toContain('the ranking stands')
  })

  it('is shown only the candidates and their evidence, without secrets', async () => {
    const { asked } = await reviewed({})
    expect(asked[0]?.candidates.map(({ service }) => service)).toEqual(NAMES)
    expect(asked[0]?.candidates[0]?.evidenceFor).toEqual([
      'it logged KeyError: token=[redacted] at a.py:1',
      'payment fails with password=[redacted]',
    ])
  })

  it('is not asked where the symptom is normal, or none is configured', async () => {
    const normal = await reviewed({}, ranking([0.5], { isSymptomNormal: true }))
    expect([normal.asked, normal.review]).toEqual([[], null])
    const none = { services: SERVICES, settings: SETTINGS }
    const given = { ranking: ranking([0.5]), incidentCase: incidentCase(), symptom: '' }
    expect((await reviewRanking(given, none)).review).toBeNull()
    expect(SETTINGS.review.ask).toBe(false)
  })
})
