/**
 * How the git side of a diagnosis grows with the length of the history:
 * `node bench/git/history.ts [--runs 5] [--sizes 500,5000,50000] [--json FILE]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ClonedRepositories } from '../../src/integrations/git/clones.ts'
import { CommitChanges } from '../../src/integrations/git/commit-changes.ts'
import { GitSourceRepository } from '../../src/integrations/git/source-repository.ts'
import type { Diagnosis } from '../../src/pipeline/contracts.ts'
import { localize } from '../../src/pipeline/localization/localize.ts'
import type { ServiceDefinition } from '../../src/pipeline/services.ts'
import type { StackFrame } from '../../src/pipeline/signals/stack-trace.ts'
import { report } from '../verification/simulate.ts'
import { addCommit, buildRepository, pathOf, type BuiltRepository } from './build-repository.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '500,5000,50000' },
    json: { type: 'string' },
  },
})
const runs = Number(values.runs)
const sizes = values.sizes.split(',').map(Number)
const RELEASE = 20
const DAY_MS = 86_400_000

type Times = Readonly<Record<string, number>>

const scratch = await mkdtemp(join(tmpdir(), 'ccp-bench-git-'))
try {
  const measured: Times[] = []
  for (const size of sizes)
    measured.push(await measure(await buildRepository(join(scratch, `${size}.git`), size), size))
  report(rowsOf(measured), values.json)
} finally {
  await rm(scratch, { recursive: true, force: true })
}

async function measure(built: BuiltRepository, size: number): Promise<Times> {
  const service = serviceOf(built.directory)
  const cache = join(scratch, `clones-${size}`)
  const clones = new ClonedRepositories(cache, { patienceMs: 600_000 })
  const clone = await timed(() => clones.open(service))
  const idle = await median(() => clones.open(service))
  let added = size
  const fetched = await median(
    () => clones.open(service),
    () => addCommit(built.directory, (added += 1)),
  )
  const { directory, head } = await clones.open(service)
  const fresh = new ClonedRepositories(cache, { freshMs: DAY_MS })
  await fresh.open(service)
  const toMs = built.lastCommitMs + DAY_MS / 2
  const changes = new CommitChanges([service], fresh)
  const window = { services: [service.name], fromMs: toMs - DAY_MS, toMs }
  const located = (previousCommit: string | null) => () =>
    localize(diagnosis(), {
      service,
      repository: new GitSourceRepository(directory),
      deployedCommit: head,
      previousCommit,
    })
  return {
    'first clone': clone,
    'fetch, nothing new': idle,
    'fetch, one commit new': fetched,
    'commits of the window': await median(() => changes.changesBetween(window)),
    'location and suspect, release known': await median(located(`${head}~${RELEASE}`)),
    'location and suspect, release not known': await median(located(null)),
    'blame of the oldest line of a busy file': await median(() =>
      new GitSourceRepository(directory).blame(head, pathOf(0), 1),
    ),
  }
}

/** Milliseconds at each size, and each over that of the first. */
function rowsOf(measured: readonly Times[]): readonly Readonly<Record<string, string | number>>[] {
  const [first] = measured
  return Object.keys(first ?? {}).map((what) => ({
    what,
    ...Object.fromEntries(
      measured.flatMap((times, at) => {
        const ratio = (times[what] ?? 0) / (first?.[what] ?? 1)
        const ms = [`ms at ${sizes[at]}`, Math.round(times[what] ?? 0)] as const
        return at === 0 ? [ms] : [ms, [`x ${sizes[at]}/${sizes[0]}`, Number(ratio.toFixed(2))] as const]
      }),
    ),
  }))
}

async function median(
  work: () => Promise<unknown>,
  before: () => Promise<unknown> = async () => null,
): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < runs; run += 1) {
    await before()
    times.push(await timed(work))
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function diagnosis(): Diagnosis {
  const frame = (file: number, line: number, symbol: string): StackFrame => ({
    file: `/app/${pathOf(file)}`,
    line,
    column: null,
    symbol,
    module: null,
    application: true,
  })
  const frames = [frame(0, 3, 'step_1'), frame(7, 23, 'step_21'), frame(140, 205, 'step_201')]
  return {
    incidentId: 'bench',
    symptom: { service: 'payment', text: 'bench' },
    hypotheses: [],
    abstained: null,
    stackTrace: { language: 'python', type: 'KeyError', message: '3', frames, cause: null },
    failingInput: null,
    lookedAt: [],
    missing: [],
    computeMs: 0,
  }
}

function serviceOf(repository: string): ServiceDefinition {
  return {
    name: 'payment',
    repository,
    branch: 'main',
    language: 'python',
    dependsOn: [],
    criticality: 'high',
    pagerdutyServiceIds: [],
    codeRoots: ['/app'],
    testCommand: null,
    startCommand: null,
    environment: {},
    healthPath: '/health',
    objective: { errorRatio: 0.01, latencyP95Ms: null },
    protectedPaths: [],
  }
}
