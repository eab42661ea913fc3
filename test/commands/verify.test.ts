import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { verifyCommand } from '../../src/commands/verify.ts'
import type { Verdict } from '../../src/pipeline/contracts.ts'
import { seeded, settings } from '../pipeline/verification/fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'ccp-verify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(input: unknown): Promise<{ code: number; verdict: Verdict }> {
  const path = join(folder, 'input.json')
  writeFileSync(path, typeof input === 'string' ? input : JSON.stringify(input))
  const lines: string[] = []
  const code = await verifyCommand(path, settings, (line) => lines.push(line))
  return { code, verdict: JSON.parse(lines.join('\n')) as Verdict }
}

const known = [
  [100, 3, 900, 9],
  [98, 4, 911, 8],
  [105, 3, 890, 11],
  [101, 5, 905, 9],
]

describe('ccp verify', () => {
  it('prints the known evidence of four blocks, which decide', async () => {
    const { code, verdict } = await run({ blocks: known })
    expect(code).toBe(1)
    expect(verdict.decision).toBe('fail')
    expect(verdict.signals[0]?.logEHarm).toBeCloseTo(5.64065, 5)
    expect(verdict.requestsSeen).toBe(404 + 3606)
  })

  it('exits 0 on a pass', async () => {
    const { code, verdict } = await run({ kind: 'fix', blocks: Array(6).fill([40, 0, 360, 100]) })
    expect(code).toBe(0)
    expect(verdict).toMatchObject({ decision: 'pass', cured: true })
  })

  it('exits 1 on a fail', async () => {
    const { code, verdict } = await run({ blocks: Array(6).fill([100, 20, 900, 9]) })
    expect(code).toBe(1)
    expect(verdict.decision).toBe('fail')
  })

  it('buckets raw latencies at the quantiles of the control in the first block', async () => {
    const random = seeded(5)
    const latencies = (n: number, factor: number) =>
      Array.from(
        { length: n },
        () =>
          20 *
          factor *
          Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
      )
    const blocks = (factor: number) =>
      Array.from({ length: 10 }, () => ({
        canary: { requests: 200, errors: 0, latenciesMs: latencies(200, factor) },
        control: { requests: 1800, errors: 0, latenciesMs: latencies(1800, 1) },
        weightPercent: 10,
      }))
    const same = await run({ blocks: blocks(1) })
    const slower = await run({ blocks: blocks(1.5) })
    expect(same.verdict.decision).toBe('pass')
    expect(same.verdict.signals.map((one) => one.signal)).toEqual([
      'error_ratio',
      'latency_p50',
      'latency_p95',
      'latency_p99',
    ])
    expect(same.verdict.signals[2]?.control.ratio).toBeCloseTo(0.05, 1)
    expect(slower.verdict.decision).toBe('fail')
  })

  it('judges the objective on what was served at 100 %', async () => {
    const before = [
      { canary: { requests: 100, errors: 0 }, control: { requests: 900, errors: 9 }, weightPercent: 10 },
    ]
    const at100 = (errors: number) => ({
      canary: { requests: 2000, errors },
      control: { requests: 0, errors: 0 },
      weightPercent: 100,
    })
    expect((await run({ objective: { errorRatio: 0.01 }, blocks: [...before, at100(2)] })).code).toBe(0)
    expect(
      (await run({ objective: { errorRatio: 0.01 }, blocks: [...before, at100(80)] })).verdict.decision,
    ).toBe('fail')
  })

  it('says that a split is wrong when the weight is given', async () => {
    const { verdict } = await run({
      blocks: Array(20).fill({
        canary: { requests: 500, errors: 5 },
        control: { requests: 500, errors: 5 },
        weightPercent: 10,
      }),
    })
    expect(verdict).toMatchObject({ decision: 'inconclusive', trafficSplitOk: false })
  })
})

describe('bad input to ccp verify', () => {
  it.each<[string, unknown, string]>([
    [
      'more errors than requests',
      { blocks: [known[0], { canary: { requests: 5, errors: 6 }, control: { requests: 9, errors: 0 } }] },
      'block 2, canary.errors: are 6, more than the 5 requests',
    ],
    ['the same in a short block', { blocks: [known[0], [5, 6, 9, 0]] }, 'block 2, canary.errors: are 6'],
    ['a negative count', { blocks: [[100, -1, 900, 9]] }, 'block 1, canary errors: must not be negative'],
    ['half a request', { blocks: [[100, 0.5, 900, 9]] }, 'whole number'],
    ['NaN', '{"blocks": [[100, NaN, 900, 9]]}', 'is not JSON'],
    ['a number too large for JSON', '{"blocks": [[1e999, 1, 900, 9]]}', 'block 1, canary requests'],
    ['a short block of three', { blocks: [[100, 3, 900]] }, 'block 1'],
    ['no blocks', { blocks: [] }, 'at least one block'],
    ['blocks missing', {}, 'blocks'],
    [
      'a field that does not exist',
      { blocks: [{ canary: { requests: 5, erors: 0 }, control: { requests: 5, errors: 0 } }] },
      'erors',
    ],
    [
      'slower without edges',
      {
        blocks: [
          {
            canary: { requests: 5, errors: 0, slower: [1, 0, 0] },
            control: { requests: 5, errors: 0, slower: [1, 0, 0] },
          },
        ],
      },
      'needs "latencyEdgesMs"',
    ],
    [
      'latencies on one side only',
      {
        blocks: [
          { canary: { requests: 1, errors: 0 }, control: { requests: 1, errors: 0, latenciesMs: [3] } },
        ],
      },
      'block 1, canary: has no latencies',
    ],
    [
      'too few latencies',
      {
        blocks: [
          {
            canary: { requests: 3, errors: 0, latenciesMs: [1] },
            control: { requests: 1, errors: 0, latenciesMs: [3] },
          },
        ],
      },
      'block 1, canary.latenciesMs: has 1 numbers',
    ],
    ['an unknown kind', { kind: 'hotfix', blocks: known }, 'must be "fix" or "deploy"'],
  ])('%s is named by block and field', async (_, input, words) => {
    await expect(run(input)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(words),
    })
  })

  it('names a file that is not there', async () => {
    await expect(verifyCommand(join(folder, 'absent.json'), settings, () => {})).rejects.toMatchObject({
      message: expect.stringContaining('there is no such file'),
    })
  })
})
