import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { CcpError } from '../pipeline/errors.ts'

const count = z
  .number()
  .refine(Number.isInteger, 'must be a whole number')
  .refine((value) => value >= 0, 'must not be negative')
const milliseconds = z.number().min(0, 'must not be negative')

const side = z
  .strictObject({
    requests: count,
    errors: count,
    slower: z.array(count).optional(),
    latenciesMs: z.array(milliseconds).optional(),
  })
  .superRefine((value, context) => {
    const { requests, errors, slower, latenciesMs } = value
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (errors > requests) issue('errors', `are ${errors}, more than the ${requests} requests`)
    if (slower !== undefined && latenciesMs !== undefined)
      issue('slower', 'is given beside latenciesMs: give one of the two')
    if (slower?.some((slow) => slow > requests)) issue('slower', `has more than the ${requests} requests`)
    if (
      latenciesMs !== undefined &&
      (latenciesMs.length > requests || latenciesMs.length < requests - errors)
    ) {
      issue('latenciesMs', `has ${latenciesMs.length} numbers: give one for each of the ${requests} requests`)
    }
  })

const fullBlock = z.strictObject({
  canary: side,
  control: side,
  weightPercent: z.number().min(0, 'must not be negative').max(100, 'must be at most 100').optional(),
})

const shortBlock = z
  .tuple([count, count, count, count], 'must be [canary requests, errors, control requests, errors]')
  .transform(([n, x, m, y]) => ({
    canary: { requests: n, errors: x },
    control: { requests: m, errors: y },
  }))
  .pipe(fullBlock)

/** Chosen by shape before it is checked, so that a message is about the form that was meant. */
const block = z.unknown().transform((value, context): z.output<typeof fullBlock> => {
  const result = (Array.isArray(value) ? shortBlock : fullBlock).safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    context.addIssue({ code: 'custom', path: issue.path as (string | number)[], message: issue.message })
  }
  return z.NEVER
})

const edges = z
  .tuple([milliseconds, milliseconds, milliseconds], 'must be three numbers: p50, p95, p99')
  .refine(([p50, p95, p99]) => p50 <= p95 && p95 <= p99, 'must ascend: p50, p95, p99')

const fileSchema = z.strictObject({
  kind: z.enum(['fix', 'deploy'], 'must be "fix" or "deploy"').default('deploy'),
  objective: z
    .strictObject({
      errorRatio: z.number().gt(0, 'must be above 0').lt(1, 'must be below 1: write 0.01 for 1 %'),
    })
    .optional(),
  latencyEdgesMs: edges.optional(),
  blocks: z.array(block).min(1, 'must hold at least one block'),
})

export type VerifyFile = z.output<typeof fileSchema>
export type SideInput = VerifyFile['blocks'][number]['canary']

/** Reads and checks the file. Throws CcpError `not-found` or `bad-input` naming each mistake by block and field. */
export async function readVerifyFile(path: string): Promise<VerifyFile> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CcpError(
      'not-found',
      `cannot read ${path}: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}`,
      { cause },
    )
  })
  const parsed = fileSchema.safeParse(parseJson(path, text))
  if (parsed.success) return withConsistentLatencies(path, parsed.data)
  throw badInput(
    path,
    parsed.error.issues.map(({ path: at, message }) => `${place(at)}${message}`),
  )
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CcpError('bad-input', `${path} is not JSON: ${(cause as Error).message}`, {
      mend: 'write numbers as JSON has them (no NaN, no Infinity); `ccp verify --help` shows the form',
      cause,
    })
  }
}

/** Latencies are given everywhere or nowhere: a gap would look like a fast side. */
function withConsistentLatencies(path: string, file: VerifyFile): VerifyFile {
  const problems: string[] = []
  const wanted = file.blocks.some((one) => [one.canary, one.control].some(hasLatencies))
  file.blocks.forEach((one, index) => {
    for (const [name, given] of [
      ['canary', one.canary],
      ['control', one.control],
    ] as const) {
      const at = `block ${index + 1}, ${name}: `
      if (given.slower !== undefined && file.latencyEdgesMs === undefined)
        problems.push(`${at}"slower" needs "latencyEdgesMs", the edges it was counted at`)
      if (given.slower !== undefined && given.slower.length !== 3)
        problems.push(
          `${at}"slower" has ${given.slower.length} numbers, one for each of the 3 edges is needed`,
        )
      if (wanted && !hasLatencies(given) && given.requests > 0)
        problems.push(`${at}has no latencies, other blocks have: give them for all or for none`)
    }
  })
  if (problems.length > 0) throw badInput(path, problems)
  return file
}

function hasLatencies(given: SideInput): boolean {
  return given.slower !== undefined || given.latenciesMs !== undefined
}

const MOST_PROBLEMS = 10

function badInput(path: string, problems: readonly string[]): CcpError {
  const shown = problems.slice(0, MOST_PROBLEMS)
  const more = problems.length > shown.length ? [`... and ${problems.length - shown.length} more`] : []
  return new CcpError(
    'bad-input',
    `${path} cannot be judged:\n${[...shown, ...more].map((one) => `  ${one}`).join('\n')}`,
    {
      mend: '`ccp verify --help` shows the form',
    },
  )
}

const SHORT_FIELDS = ['canary requests', 'canary errors', 'control requests', 'control errors']

/** "block 3, canary.errors: " */
function place(path: readonly PropertyKey[]): string {
  if (path[0] !== 'blocks' || typeof path[1] !== 'number')
    return path.length === 0 ? '' : `${path.join('.')}: `
  const field = path.slice(2).map((part) => (typeof part === 'number' ? (SHORT_FIELDS[part] ?? part) : part))
  return `block ${path[1] + 1}${field.length === 0 ? '' : `, ${field.join('.')}`}: `
}
