import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindingHash, openPlaces, quorumMet, requestApproval } from '../../src/pipeline/approval.ts'
import type { Approval, GateReport, Patch, Role, Vote } from '../../src/pipeline/contracts.ts'
import { ACCESS, approval, patch, report, TEAM } from '../support/incident-records.ts'

const EXPIRES_MS = 1_800_000
const hash = bindingHash(patch, report, EXPIRES_MS)

/** One change of everything that an approval binds. */
const changes: readonly [string, (other: string, number: number) => readonly [Patch, GateReport, number]][] =
  [
    ['diff', (other) => [{ ...patch, diff: patch.diff + other }, report, EXPIRES_MS]],
    ['base commit', (other) => [{ ...patch, baseCommit: other }, report, EXPIRES_MS]],
    ['service', (other) => [{ ...patch, service: other }, report, EXPIRES_MS]],
    ['commit', (other) => [{ ...patch, commit: other }, report, EXPIRES_MS]],
    ['candidate', (other) => [{ ...patch, candidateId: other }, report, EXPIRES_MS]],
    ['strategy', () => [{ ...patch, strategy: 'ai-patch' }, report, EXPIRES_MS]],
    [
      'configuration beside the code',
      (other) => [{ ...patch, pair: { part: 'code', otherCommit: other } }, report, EXPIRES_MS],
    ],
    ['expiry', (_, number) => [patch, report, EXPIRES_MS + number]],
    [
      'risk',
      (_, number) => [
        patch,
        { ...report, risk: { ...report.risk, risk: report.risk.risk + number } },
        EXPIRES_MS,
      ],
    ],
    ['tier', () => [patch, { ...report, risk: { ...report.risk, tier: 'high' } }, EXPIRES_MS]],
    ['status of a gate', (_, number) => [patch, withGate(number % 7, { status: 'blocked' }), EXPIRES_MS]],
    [
      'findings of a gate',
      (other, number) => [
        patch,
        withGate(number % 7, { findings: [{ file: null, line: number, rule: 'x', message: other }] }),
        EXPIRES_MS,
      ],
    ],
    ['number of gates', () => [patch, { ...report, results: report.results.slice(1) }, EXPIRES_MS]],
  ]

function withGate(index: number, change: Partial<GateReport['results'][number]>): GateReport {
  const results = report.results.map((result, i) => (i === index ? { ...result, ...change } : result))
  return { ...report, results }
}

describe('what an approval binds', () => {
  it.each(changes)('A1 is void when the %s changes', (_, change) => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 1_000_000 }), (text, number) => {
        expect(bindingHash(...change(`other ${text}`, number))).not.toBe(hash)
      }),
    )
  })

  it('A1 tells a patch of the configuration from one of the code, and every pair from every other', () => {
    const pairs = [
      { part: 'code', otherCommit: 'a' },
      { part: 'config', otherCommit: 'a' },
      { part: 'config', otherCommit: 'b' },
    ] as const
    const hashes = pairs.map((pair) => bindingHash({ ...patch, pair }, report, EXPIRES_MS))
    expect(new Set([hash, ...hashes]).size).toBe(4)
  })

  it('A1 is void when any one character of the diff is another', () => {
    fc.assert(
      fc.property(fc.nat(patch.diff.length - 1), (at) => {
        const other = patch.diff[at] === '+' ? '-' : '+'
        const diff = patch.diff.slice(0, at) + other + patch.diff.slice(at + 1)
        expect(bindingHash({ ...patch, diff }, report, EXPIRES_MS)).not.toBe(hash)
      }),
    )
  })

  it('A1 stays when nothing that it binds changes, whatever the order of keys and the time the gates took', () => {
    const reordered = Object.fromEntries(Object.entries(patch).reverse()) as unknown as Patch
    const slower = {
      ...report,
      durationMs: 9_999,
      results: report.results.map((r) => ({ ...r, durationMs: 1 })),
    }
    expect(bindingHash(reordered, slower, EXPIRES_MS)).toBe(hash)
    expect(bindingHash(JSON.parse(JSON.stringify(patch)) as Patch, report, EXPIRES_MS)).toBe(hash)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('takes quorum and expiry from the tier of risk', () => {
    const high = { ...report, risk: { ...report.risk, tier: 'high' as const } }
    const asked = requestApproval(patch, high, ACCESS.approvals, 1_000)
    expect(asked).toMatchObject({ tier: 'high', quorum: ACCESS.approvals.quorum.high, expiresAtMs: 901_000 })
    expect(asked.bindingHash).toBe(bindingHash(patch, high, 901_000))
  })
})

describe('a quorum', () => {
  const vote = (userId: string, role: Role): Vote => ({ teamId: TEAM, userId, role, atMs: 0 })
  const asking = (quorum: Approval['quorum'], ...votes: readonly Vote[]): Approval => ({
    ...approval,
    quorum,
    votes,
  })

  it('A2 spends a lead on the place that only a lead can fill', () => {
    const open = openPlaces(asking([['on-call', 'lead'], ['lead']], vote('U1', 'lead')))
    expect(open).toEqual([['on-call', 'lead']])
  })

  it('A2 is not met by people without the role that a place names', () => {
    const two = asking([['lead'], ['lead']], vote('U1', 'on-call'), vote('U2', 'on-call'))
    expect(quorumMet(two, vote('U3', 'on-call'))).toBe(false)
    expect(openPlaces(two)).toHaveLength(2)
  })

  it('is never met where nothing was asked', () => {
    expect(quorumMet(null, vote('U1', 'lead'))).toBe(false)
  })

  it('A2 needs as many votes as places, and fills with them as many as any assignment could', () => {
    const role = fc.constantFrom<Role>('on-call', 'lead')
    const place = fc.uniqueArray(role, { minLength: 1, maxLength: 2 })
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 4 }),
        fc.array(role, { maxLength: 5 }),
        (quorum, roles) => {
          const votes = roles.map((each, index) => vote(`U${index}`, each))
          expect(quorum.length - openPlaces(asking(quorum, ...votes)).length).toBe(mostFilled(quorum, roles))
        },
      ),
    )
  })
})

/** By trying every assignment. */
function mostFilled(places: readonly (readonly Role[])[], roles: readonly Role[]): number {
  const [place, ...rest] = places
  if (place === undefined) return 0
  const skipped = mostFilled(rest, roles)
  const filled = roles.map((role, index) =>
    place.includes(role) ? 1 + mostFilled(rest, roles.toSpliced(index, 1)) : 0,
  )
  return Math.max(skipped, ...filled)
}
