import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { verificationSchema } from '../../../src/config/schema/verification.ts'
import type { Block, Rollout, SideCounts } from '../../../src/pipeline/contracts.ts'
import type { VerificationSettings } from '../../../src/pipeline/verification/settings.ts'

/** The settings that are shipped. */
export const settings: VerificationSettings = verificationSchema.parse(
  parse(readFileSync(new URL('../../../config/verification.yaml', import.meta.url), 'utf8')),
)

export const objective = { errorRatio: 0.01, latencyP95Ms: null }

export function side(requests: number, errors: number, slower: readonly number[] = []): SideCounts {
  return { requests, errors, slower }
}

/** [canary requests, canary errors, control requests, control errors] at a weight. */
export type Counts = readonly [number, number, number, number]

export function block([n, x, m, y]: Counts, weightPercent: number, index = 0): Block {
  return {
    fromMs: index * 10_000,
    toMs: (index + 1) * 10_000,
    weightPercent,
    canary: side(n, x),
    control: side(m, y),
  }
}

export function rollout(overrides: Partial<Rollout> = {}): Rollout {
  return {
    incidentId: 'INC-1',
    service: 'payment',
    commit: 'c0ffee0000c0ffee0000',
    controlVersion: 'v1',
    canaryVersion: 'v2',
    phase: 'HEALTH_CHECK',
    weightPercent: 10,
    latencyEdgesMs: [],
    blocks: [],
    lastReadings: [],
    startedAtMs: 0,
    phaseSinceMs: 0,
    deadlineMs: 600_000,
    unreadable: 0,
    health: null,
    rollbackReason: null,
    ...overrides,
  }
}

export function rolloutOf(counts: readonly Counts[], weightPercent = 10): Rollout {
  return rollout({ weightPercent, blocks: counts.map((one, index) => block(one, weightPercent, index)) })
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A binomial count by skipping from event to event. */
export function binomial(n: number, p: number, random: () => number): number {
  if (p <= 0) return 0
  const log = Math.log1p(-p)
  let events = 0
  for (let at = Math.floor(Math.log(1 - random()) / log); at < n; events += 1) {
    at += 1 + Math.floor(Math.log(1 - random()) / log)
  }
  return events
}
