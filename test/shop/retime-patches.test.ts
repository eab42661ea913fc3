import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retime, retimePatch, storedNowMs } from '../../demo/shop/retime-patches.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const anyNow = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) })
const weekdayOf = (ms: number) => new Date(ms).getUTCDay()

/** Times of the stored history: working days of the eight weeks before, 08:00 to 15:00. */
const storedTimes = Array.from({ length: 56 }, (_, day) => storedNowMs - day * dayMs)
  .filter((ms) => weekdayOf(ms) % 6 !== 0)
  .flatMap((ms) => [ms - 60_000, ms - 7 * hourMs])
  .sort((left, right) => left - right)

describe('retime', () => {
  it('keeps the order of commits and puts none into the future, whatever the time', () => {
    fc.assert(
      fc.property(anyNow, (nowMs) => {
        const moved = storedTimes.map((ms) => retime(ms, nowMs))
        expect(moved).toEqual([...moved].sort((left, right) => left - right))
        expect(new Set(moved).size).toBe(moved.length)
        expect(moved.at(-1)).toBeLessThan(nowMs)
      }),
    )
  })

  it('puts the commits of earlier days on working days, at the time of day they had', () => {
    fc.assert(
      fc.property(anyNow, fc.constantFrom(...storedTimes.slice(0, -2)), (nowMs, storedMs) => {
        const moved = retime(storedMs, nowMs)
        expect(weekdayOf(moved) % 6).not.toBe(0)
        expect(moved % dayMs).toBe(storedMs % dayMs)
      }),
    )
  })

  it('keeps the distance to now of the commits of today', () => {
    const nowMs = Date.UTC(2026, 10, 22, 3, 0, 0)
    expect(retime(storedNowMs - 29 * 60_000, nowMs)).toBe(nowMs - 29 * 60_000)
  })
})

describe('retimePatch', () => {
  it('changes the date of the mail and nothing else', () => {
    const patch = [
      'From: Payments team <payments@shop.example>',
      'Date: Wed, 18 Mar 2026 14:00:00 +0000',
      '',
      'x',
    ].join('\n')
    const moved = retimePatch(patch, Date.UTC(2026, 10, 23, 12, 0, 0))
    expect(moved).toBe(patch.replace('Wed, 18 Mar 2026 14:00:00', 'Mon, 23 Nov 2026 11:00:00'))
  })
})
