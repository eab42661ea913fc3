/** How long harm goes unnoticed: `node bench/verification/detection-time.ts [--runs 200] [--json FILE]`. */
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

const against = (canary: Behaviour, requestsPerSecond: number, weightPercent: number): Scenario => ({
  requestsPerSecond,
  weightPercent,
  blockSeconds: 10,
  canary: () => canary,
  control: () => HEALTHY,
})
const threePercent: Behaviour = { ...HEALTHY, errorRatio: 0.03 }
/** Log-normal latencies with a deviation of 0.5, all of them longer by a factor: shares above the control's quantiles. */
const slowerBy: Readonly<Record<string, Behaviour>> = {
  '20 %': { ...HEALTHY, slower: [0.6423, 0.1005, 0.0249] },
  '50 %': { ...HEALTHY, slower: [0.7913, 0.2022, 0.0648] },
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'errors 1 -> 3 %, 10 rps, canary 10 %': against(threePercent, 10, 10),
  'errors 1 -> 3 %, 100 rps, canary 10 %': against(threePercent, 100, 10),
  'errors 1 -> 3 %, 100 rps, canary 50 %': against(threePercent, 100, 50),
  'errors 1 -> 3 %, 500 rps, canary 10 %': against(threePercent, 500, 10),
  'errors 1 -> 3 %, 500 rps, canary 50 %': against(threePercent, 500, 50),
  'errors 1 -> 30 %, 100 rps, canary 10 %': against({ ...HEALTHY, errorRatio: 0.3 }, 100, 10),
  'latency + 20 %, 100 rps, canary 10 %': against(slowerBy['20 %'] ?? HEALTHY, 100, 10),
  'latency + 50 %, 100 rps, canary 10 %': against(slowerBy['50 %'] ?? HEALTHY, 100, 10),
}

const { runs, json } = options(200)
const rows = Object.entries(scenarios).map(([scenario, given], index) => {
  const random = seeded(2000 + index)
  const seconds = Array.from({ length: runs }, () => detected(given, random)).toSorted((a, b) => a - b)
  const at = (quantile: number) => {
    const value = seconds[Math.ceil(quantile * runs) - 1] ?? Number.POSITIVE_INFINITY
    return Number.isFinite(value) ? value : `beyond ${LOOKS * given.blockSeconds}`
  }
  return {
    scenario,
    runs,
    'median s': at(0.5),
    'p90 s': at(0.9),
    missed: seconds.filter((s) => !Number.isFinite(s)).length,
  }
})
report(rows, json)

function detected(scenario: Scenario, random: () => number): number {
  const blocks: Block[] = []
  for (let look = 1; look <= LOOKS; look += 1) {
    blocks.push(drawBlock(scenario, look, random))
    const verdict = verify(rolloutOf(blocks, scenario.weightPercent), settings, objective, 'deploy')
    if (verdict.decision === 'fail') return look * scenario.blockSeconds
  }
  return Number.POSITIVE_INFINITY
}
