/** How often two equal versions are called harmful: `node bench/verification/false-alarms.ts [--runs 1000] [--json FILE]`. */
import type { Block } from '../../src/pipeline/contracts.ts'
import { verify } from '../../src/pipeline/verification/verify.ts'
import {
  drawBlock,
  HEALTHY,
  objective,
  options,
  report,
  rolloutOf,
  seeded,
  settings,
  type Behaviour,
  type Scenario,
} from './simulate.ts'

const LOOKS = 60

const same = (behaviour: (block: number) => Behaviour, rest: Partial<Scenario> = {}): Scenario => ({
  requestsPerSecond: 100,
  weightPercent: 10,
  blockSeconds: 10,
  canary: behaviour,
  control: behaviour,
  ...rest,
})

/** The base rate goes up and down by a factor of ten within a rollout. */
const drifting = (block: number): Behaviour => ({
  ...HEALTHY,
  errorRatio: 0.003 + 0.027 * (0.5 + 0.5 * Math.sin(block / 6)),
})

const scenarios: Readonly<Record<string, Scenario>> = {
  '1 % errors, 100 rps, canary 10 %': same(() => HEALTHY),
  '1 % errors, 100 rps, canary 50 %': same(() => HEALTHY, { weightPercent: 50 }),
  '30 % errors, 20 rps': same(() => ({ ...HEALTHY, errorRatio: 0.3 }), { requestsPerSecond: 20 }),
  'errors drift between 0.3 and 3 %': same(drifting),
}

const { runs, json } = options(1000)
const rows = Object.entries(scenarios).map(([name, scenario], index) => {
  const random = seeded(1000 + index)
  const alarms = Array.from({ length: runs }, () => alarmed(scenario, random)).filter(Boolean).length
  return {
    scenario: name,
    runs,
    looks: LOOKS,
    alarms,
    'share %': round((100 * alarms) / runs),
    'upper 95 % bound %': upper(alarms, runs),
  }
})
report(rows, json)

function alarmed(scenario: Scenario, random: () => number): boolean {
  const blocks: Block[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    blocks.push(drawBlock(scenario, look, random))
    const verdict = verify(rolloutOf(blocks, scenario.weightPercent), settings, objective, 'deploy')
    if (verdict.decision === 'fail') return true
  }
  return false
}

/** One-sided Clopper-Pearson bound, by bisection on the binomial distribution. */
function upper(alarms: number, n: number): number {
  let [low, high] = [alarms / n, 1]
  for (let step = 0; step < 50; step += 1) {
    const p = (low + high) / 2
    let term = (1 - p) ** n
    let sum = 0
    for (let k = 0; k <= alarms; k += 1) {
      sum += term
      term *= ((n - k) / (k + 1)) * (p / (1 - p))
    }
    if (sum > 0.05) low = p
    else high = p
  }
  return round(100 * high)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
