import { z } from 'zod'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "250ms", "10s", "5m", "2h", "1d" as milliseconds. */
export function duration() {
  return z
    .string()
    .regex(
      /^\d+(\.\d+)?(ms|s|m|h|d)$/,
      'is not a duration: write a number and a unit, such as 250ms, 10s, 5m, 2h, 1d',
    )
    .transform((text) => {
      const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text) ?? []
      return Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
    })
}
