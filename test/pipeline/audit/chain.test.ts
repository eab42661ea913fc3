import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainEntry, GENESIS, verifyChain, type AuditRow } from '../../../src/pipeline/audit/chain.ts'

const entry = fc.record({
  atMs: fc.nat(),
  incidentId: fc.string(),
  actor: fc.string(),
  action: fc.string(),
  details: fc.json(),
})

function chainOf(entries: readonly Parameters<typeof chainEntry>[1][]): AuditRow[] {
  const rows: AuditRow[] = []
  for (const next of entries) rows.push(chainEntry(rows.at(-1) ?? null, next))
  return rows
}

describe('the audit chain', () => {
  it('holds as it was written', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const rows = chainOf(entries)
        expect(verifyChain(rows)).toEqual({
          rows: rows.length,
          valid: true,
          head: rows.at(-1)?.hash ?? GENESIS,
          firstBad: null,
        })
      }),
    )
  })

  it('K2 shows a row that was taken out, doubled or swapped', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 3, maxLength: 12 }), fc.nat(), (entries, where) => {
        const rows = chainOf(entries)
        const at = where % (rows.length - 1)
        const [a, b] = [rows[at], rows[at + 1]] as [AuditRow, AuditRow]
        const tampered = [rows.toSpliced(at, 1), rows.toSpliced(at, 0, a), rows.toSpliced(at, 2, b, a)]
        for (const list of tampered) expect(verifyChain(list).valid).toBe(false)
      }),
    )
  })

  it('names the first row whose text was changed', () => {
    const rows = chainOf(
      Array.from({ length: 5 }, (_, i) => ({
        atMs: i,
        incidentId: 'i',
        actor: 'a',
        action: 'b',
        details: '{}',
      })),
    )
    const tampered = rows.with(2, { ...(rows[2] as AuditRow), details: '{"x":1}' })
    expect(verifyChain(tampered).firstBad).toEqual({ seq: 3, why: 'its contents do not match its hash' })
  })
})
