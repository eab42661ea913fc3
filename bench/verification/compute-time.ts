/** What one verdict costs: `node bench/verification/compute-time.ts [--runs 20] [--json FILE]`. */
import type { Block } from '../../src/pipeline/contracts.ts'
import { verify } from '../../src/pipeline/verification/verify.ts'
import { HEALTHY, objective, options, report, rolloutOf, settings } from './simulate.ts'

const { runs, json } = options(20)

const rows = [1, 10, 50, 200].flatMap((blocks) =>
  [1e3, 1e4, 1e5, 1e6].map((requests) => {
    const rollout = rolloutOf(
      Array.from({ length: blocks }, (_, index) => blockOf(requests, index)),
      10,
    )
    const ms = Array.from({ length: runs }, () => timed(() => verify(rollout, settings, objective, 'fix')))
    const sorted = ms.toSorted((a, b) => a - b)
    return {
      blocks,
      'requests a block': requests,
      'median ms': round(sorted[Math.floor(runs / 2)] ?? 0),
      'max ms': round(sorted.at(-1) ?? 0),
    }
  }),
)
report(rows, json)

/** Expected counts, a little different from block to block so that nothing is the same twice. */
function blockOf(requests: number, index: number): Block {
  const side = (n: number) => ({
    requests: n,
    errors: Math.round(n * HEALTHY.errorRatio) + (index % 3),
    slower: HEALTHY.slower.map((share) => Math.round(n * share) + (index % 2)),
  })
  return {
    fromMs: index,
    toMs: index + 1,
    weightPercent: 10,
    canary: side(Math.round(requests / 10)),
    control: side(Math.round(requests * 0.9)),
  }
}

function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
