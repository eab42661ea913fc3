import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageBlockProblems, viewProblems } from '../../../demo/workspace/slack/validate-blocks.ts'
import type { IncidentRecord } from '../../../src/pipeline/machine.ts'
import { auditAnswer, helpAnswer, statusAnswer } from '../../../src/bot/views/answers.ts'
import { diffModal } from '../../../src/bot/views/diff-modal.ts'
import { evidenceModal } from '../../../src/bot/views/evidence-modal.ts'
import { escalateModal, rejectModal } from '../../../src/bot/views/modals.ts'
import { threadOf } from '../../../src/bot/views/thread-of.ts'
import { clip, codeBlock, headAndTail, line, plain } from '../../../src/bot/views/text.ts'
import { ACCESS, RECORDS } from '../../support/incident-records.ts'

const facts = { members: ACCESS.members, link: () => null, thread: () => null }

/** Text as logs, titles and findings have it: long, empty, of any alphabet, full of what Slack takes for markup. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '&'.repeat(5_000),
    '<'.repeat(9_000),
    'x'.repeat(60_000),
    '```'.repeat(2_000),
    'é👩‍💻'.repeat(3_000),
  ),
  fc
    .array(fc.constantFrom('a & b', '<!here>', '`code`', '\n', '\u0000', '\ud800'), { maxLength: 3_000 })
    .map((parts) => parts.join('')),
)

/** The same record with every string in it replaced by one of these, keys and kinds excepted. */
function stuffed(record: IncidentRecord, words: readonly string[]): IncidentRecord {
  let index = 0
  const fixed = new Set([
    'kind',
    'state',
    'phase',
    'status',
    'gate',
    'tier',
    'signal',
    'strategy',
    'decision',
    'language',
    'role',
    'urgency',
    'command',
    'bindingHash',
    'incidentId',
    'userId',
    'teamId',
  ])
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return fixed.has(key) ? value : (words[index++ % words.length] ?? '')
    if (Array.isArray(value)) return value.map((each) => walk(each, key === 'quorum' ? 'role' : key))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]))
  }
  return walk(record, '') as IncidentRecord
}

const names = fc.constantFrom(...(Object.keys(RECORDS) as (keyof typeof RECORDS)[]))

function problemsOf(record: IncidentRecord): readonly string[] {
  const messages = threadOf(record, facts).flatMap((message) => [
    ...messageBlockProblems(message.blocks),
    ...(message.text.length > 4_000 ? [`text of ${message.key} has ${message.text.length} characters`] : []),
    ...((message.image?.alt.length ?? 0) > 2_000 ? ['alt text too long'] : []),
  ])
  const views = [
    rejectModal(record, '{}'),
    escalateModal(record, '{}'),
    ...(record.patch === null ? [] : [diffModal(record.patch)]),
    ...(record.diagnosis === null ? [] : [evidenceModal(record, record.diagnosis)]),
  ].filter((view) => view !== null)
  return [...messages, ...views.flatMap((view) => viewProblems(view))]
}

describe("Slack's limits", () => {
  it('hold for whatever texts an incident is made of', () => {
    fc.assert(
      fc.property(names, fc.array(text, { minLength: 1, maxLength: 12 }), (name, words) => {
        expect(problemsOf(stuffed(RECORDS[name], words))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('hold for a diff of 50,000 lines, 1,000 findings and long lists', () => {
    const base = RECORDS.rolledBack
    const finding = { file: 'payment/receipt.py', line: 7, rule: 'rule', message: 'message '.repeat(100) }
    const many = <T>(item: T): T[] => Array.from({ length: 1_000 }, () => item)
    const record: IncidentRecord = {
      ...base,
      incident: { ...base.incident, title: 'title '.repeat(5_000), signals: many(base.incident.signals[0]!) },
      diagnosis: {
        ...base.diagnosis!,
        hypotheses: many({
          ...base.diagnosis!.hypotheses[0]!,
          evidenceFor: many(base.diagnosis!.hypotheses[0]!.evidenceFor[0]!),
          path: many('service'),
        }),
        lookedAt: many('31 metrics of 4 services'),
        missing: many('no traces'),
      },
      location: {
        ...base.location!,
        doubts: many('line numbers shifted'),
        snippet: { firstLine: 1, markedLine: 500, lines: many('x'.repeat(900)) },
      },
      plan: {
        ...base.plan!,
        candidates: many({ ...base.plan!.candidates[0]!, drawbacks: many('drawback') }),
      },
      patch: {
        ...base.patch!,
        diff: many('+ added & <changed>').concat(many('- gone')).join('\n').repeat(25),
        files: many(base.patch!.files[0]!),
      },
      gates: {
        ...base.gates!,
        results: base.gates!.results.map((each) => ({
          ...each,
          status: 'failed' as const,
          findings: many(finding),
          tools: many('ruff 0.17.4'),
        })),
        risk: { ...base.gates!.risk, reasons: many('reason') },
      },
      timeline: many(base.timeline[0]!),
      workMs: Object.fromEntries(many('').map((_, index) => [`stage-${index}`, index])),
    }
    expect(problemsOf(record)).toEqual([])
    expect(diffModal(record.patch!)).toBeNull()
    const patch = threadOf(record, facts).find((message) => message.key === 'patch')
    expect(patch?.text).toMatch(/… [\d,]+ lines not shown …/)
  })

  it('hold for 5,000 open incidents in the answer to status', () => {
    const records = Array.from({ length: 5_000 }, () => RECORDS.canary10)
    const answer = statusAnswer(records, () => `https://example.slack.com/archives/C1/p${'1'.repeat(16)}`)
    expect(messageBlockProblems(answer.blocks)).toEqual([])
    expect(answer.text).toContain('5,000 open incidents')
  })

  it('hold for help and for both answers to audit', () => {
    const bad = {
      rows: 3,
      valid: false,
      head: 'f'.repeat(64),
      firstBad: { seq: 4, why: 'its contents do not match its hash' },
    }
    const good = { ...bad, valid: true, firstBad: null }
    const answers = [helpAnswer(), auditAnswer(bad, 'U1', 0), auditAnswer(good, 'U1', 0)]
    expect(answers.flatMap((answer) => messageBlockProblems(answer.blocks))).toEqual([])
    expect(answers[1]?.text).toContain('The first bad row is *4*: its contents do not match its hash')
  })
})

describe('texts', () => {
  const size = fc.integer({ min: 100, max: 4_000 })

  it('are never longer than asked for, and never end within an entity or a surrogate pair', () => {
    fc.assert(
      fc.property(text, size, (words, max) => {
        for (const cut of [line(words, max), plain(words, max), clip(line(words, 10_000), max)]) {
          expect(cut.length).toBeLessThanOrEqual(max)
          expect(cut.isWellFormed()).toBe(true)
        }
        expect(line(words, max)).not.toMatch(/&(?!amp;|lt;|gt;)|[<>]/)
      }),
    )
  })

  it('in a code block keep their first and last lines, and cannot end the block', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 50 }), size, (lines, max) => {
        const block = codeBlock(lines, max)
        expect(block.length).toBeLessThanOrEqual(max)
        expect(block.split('```')).toHaveLength(3)
      }),
    )
    const lines = Array.from({ length: 900 }, (_, index) => `line ${index}`)
    const shown = headAndTail(lines, 600)
    expect(shown.startsWith('line 0\n')).toBe(true)
    expect(shown.endsWith('line 899')).toBe(true)
  })
})
