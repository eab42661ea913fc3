import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { verificationSchema } from '../../src/config/schema/verification.ts'
import type { Block, Rollout, SideCounts } from '../../src/pipeline/contracts.ts'

/** The settings that are shipped. */
export const settings = verificationSchema.parse(
  parse(readFileSync(new URL('../../config/verification.yaml', import.meta.url), 'utf8')),
)
export const objective = { errorRatio: 0.01, latencyP95Ms: null }

/** What one version does in one block. */
export interface Behaviour {
  readonly errorRatio: number
  /** Shares of answers above the control's p50, p95, p99. */
  readonly slower: readonly [number, number, number]
}

export const HEALTHY: Behaviour = { errorRatio: 0.01, slower: [0.5, 0.05, 0.01] }

export interface Scenario {
  readonly requestsPerSecond: number
  readonly weightPercent: number
  readonly blockSeconds: number
  readonly canary: (block: number) => Behaviour
  readonly control: (block: number) => Behaviour
}

export function drawBlock(scenario: Scenario, index: number, random: () => number): Block {
  const total = binomialTotal(scenario.requestsPerSecond * scenario.blockSeconds, random)
  const canary = binomial(total, scenario.weightPercent / 100, random)
  return {
    fromMs: index * scenario.blockSeconds * 1000,
    toMs: (index + 1) * scenario.blockSeconds * 1000,
    weightPercent: scenario.weightPercent,
    canary: drawSide(canary, scenario.canary(index), random),
    control: drawSide(total - canary, scenario.control(index), random),
  }
}

/** Traffic is never quite the same: a tenth more or less. */
function binomialTotal(mean: number, random: () => number): number {
  return Math.round(mean * (0.9 + 0.2 * random()))
}

function drawSide(requests: number, behaviour: Behaviour, random: () => number): SideCounts {
  return {
    requests,
    errors: binomial(requests, behaviour.errorRatio, random),
    slower: behaviour.slower.map((share) => binomial(requests, share, random)),
  }
}

export function rolloutOf(blocks: readonly Block[], weightPercent: number): Rollout {
  return {
    incidentId: 'bench',
    service: 'payment',
    commit: '',
    controlVersion: 'control',
    canaryVersion: 'canary',
    phase: 'HEALTH_CHECK',
    weightPercent,
    latencyEdgesMs: [10, 50, 100],
    blocks,
    lastReadings: [],
    startedAtMs: 0,
    phaseSinceMs: 0,
    deadlineMs: Number.MAX_SAFE_INTEGER,
    unreadable: 0,
    health: null,
    rollbackReason: null,
  }
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
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

/** `--runs N --json FILE` of the benchmarks. */
export function options(defaultRuns: number): { readonly runs: number; readonly json: string | undefined } {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: String(defaultRuns) }, json: { type: 'string' } },
  })
  return { runs: Number(values.runs), json: values.json }
}

/** Prints the rows and writes them as JSON where a file was named. */
export function report(rows: readonly Readonly<Record<string, unknown>>[], json: string | undefined): void {
  console.table(rows)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
}
