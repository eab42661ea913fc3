export type RateLimitMode = 'off' | 'relaxed' | 'real'

/** How a method is limited: `post` per channel and second, the tiers per minute. */
export type RateClass = 'post' | 'tier2' | 'tier3' | 'tier4' | 'none'

interface Allowance {
  readonly perSec: number
  readonly burst: number
}

/** Slack's published figures: about one post a second and channel with a short burst; 20, 50, 100 a minute. */
const allowances: Readonly<Record<Exclude<RateClass, 'none'>, Allowance>> = {
  post: { perSec: 1, burst: 4 },
  tier2: { perSec: 20 / 60, burst: 20 },
  tier3: { perSec: 50 / 60, burst: 50 },
  tier4: { perSec: 100 / 60, burst: 100 },
}

/** A demo on one machine runs faster than a workspace of people: ten times Slack's allowance. */
const relaxedFactor = 10

/** Token buckets by method (and channel, for posts). */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()
  readonly #nowMs: () => number
  mode: RateLimitMode

  constructor(mode: RateLimitMode, nowMs: () => number) {
    this.mode = mode
    this.#nowMs = nowMs
  }

  /** Takes one token; answers 0 when the call may go, otherwise the whole seconds to wait. */
  retryAfterSec(rate: RateClass, method: string, channel: string): number {
    if (this.mode === 'off' || rate === 'none') return 0
    const factor = this.mode === 'relaxed' ? relaxedFactor : 1
    const { perSec, burst } = allowances[rate]
    const bucket = this.#refilled(
      rate === 'post' ? `${method} ${channel}` : method,
      perSec * factor,
      burst * factor,
    )
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / (perSec * factor)))
    bucket.tokens -= 1
    return 0
  }

  #refilled(key: string, perSec: number, burst: number): { tokens: number; atMs: number } {
    const nowMs = this.#nowMs()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSec)
    bucket.atMs = nowMs
    this.#buckets.set(key, bucket)
    return bucket
  }
}
