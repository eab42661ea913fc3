import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { CcpError } from '../pipeline/errors.ts'
import type { IncidentCase, LogLine, MetricSeries, Span } from '../pipeline/signals/telemetry.ts'

const unzip = promisify(gunzip)
/** More than any case needs; a file that unpacks to more is a mistake or an attack. */
const MAX_BYTES = 1_073_741_824
/** Unpacked at a time: by the default of 16 KiB a case makes hundreds of trips between threads. */
const CHUNK_BYTES = 1_048_576

/** Small parts are validated by schema; samples, lines and spans, of which there may be very many, by hand below. */
const caseSchema = z.object({
  id: z.string().min(1, 'is empty'),
  dataset: z.string().optional(),
  system: z.string().optional(),
  detectedAt: z.number('must be epoch seconds'),
  reportedAt: z.number('must be epoch seconds').optional(),
  known: z
    .array(z.object({ incidentId: z.string(), title: z.string(), service: z.string(), since: z.number() }))
    .optional(),
  symptom: z.object({
    service: z.string().nullable(),
    metric: z.string().nullable(),
    about: z.enum(['failures', 'slowness']).optional(),
  }),
  topology: z
    .object({ nodes: z.array(z.string()), edges: z.array(z.tuple([z.string(), z.string()])) })
    .nullable(),
  metrics: z.array(z.unknown()),
  logs: z.array(z.unknown()).default([]),
  spans: z.array(z.unknown()).default([]),
  changes: z
    .array(
      // What a change says beyond this is taken along: recordings of another version may say more.
      z.looseObject({
        id: z.string(),
        service: z.string(),
        kind: z.enum(['deploy', 'config', 'commit']),
        at: z.number(),
        summary: z.string().default(''),
        completedAt: z.number().nullable().default(null),
        newInstances: z.array(z.string()).default([]),
        oldInstances: z.array(z.string()).default([]),
        targetReplicas: z.number().nullable().default(null),
        commit: z.string().optional(),
        previousCommit: z.string().optional(),
        files: z.array(z.string()).optional(),
        symbols: z.array(z.string()).optional(),
        mergedBy: z.string().optional(),
        reverts: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  alerts: z
    .array(z.object({ service: z.string(), at: z.number(), summary: z.string().default('') }))
    .optional(),
  history: z
    .array(
      z.object({
        incidentId: z.string(),
        at: z.number(),
        symptomService: z.string().nullable(),
        service: z.string(),
        exception: z.object({ type: z.string(), file: z.string() }).nullable(),
      }),
    )
    .optional(),
  judged: z.array(z.object({ logOdds: z.number(), right: z.boolean() })).optional(),
})

/** Reads one case, plain or gzipped. Throws CcpError `bad-input` or `not-found`, naming the file, the place and the mend. */
export async function readCaseFile(path: string): Promise<IncidentCase> {
  return caseOf(path, await readCaseJson(path))
}

/** The file's JSON, plain or gzipped, whatever it holds. */
export async function readCaseJson(path: string): Promise<unknown> {
  return parseJson(path, await readText(path))
}

/** The case in the JSON of that file. Throws CcpError `bad-input`. */
export function caseOf(path: string, json: unknown): IncidentCase {
  const parsed = caseSchema.safeParse(json)
  if (!parsed.success) throw badShape(path, describeIssue(parsed.error.issues[0]))
  const { metrics, logs, spans, ...rest } = parsed.data
  return {
    ...rest,
    metrics: checkedEach(
      path,
      'metrics',
      metrics,
      isSeries,
      'service, name, unit, and t and v of one length',
    ),
    logs: checkedEach(path, 'logs', logs, isLogLine, 't, service, line'),
    spans: checkedEach(
      path,
      'spans',
      spans,
      isSpan,
      't, trace, span, parent, service, operation, durationMs',
    ),
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message
    throw new CcpError(cause.code === 'ENOENT' ? 'not-found' : 'bad-input', `${path}: ${why}`, {
      mend: 'name a case file, CASE.json or CASE.json.gz',
      cause,
    })
  })
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  if (!isGzip) return bytes.toString('utf8')
  const unpacked = await unzip(bytes, { maxOutputLength: MAX_BYTES, chunkSize: CHUNK_BYTES }).catch(
    (cause: Error) => {
      throw badShape(path, `is damaged or too large to unpack (${cause.message})`)
    },
  )
  return unpacked.toString('utf8')
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badShape(
      path,
      `is not JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : 'unreadable'}`,
    )
  }
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.length ? `\`${issue.path.join('.')}\`: ` : ''
  return `does not have the form of a case: ${where}${issue?.message ?? 'unknown'}`
}

function badShape(path: string, what: string): CcpError {
  return new CcpError('bad-input', `${path}: ${what}`, {
    mend: 'write it as the README of the cases describes',
  })
}

function checkedEach<T>(
  path: string,
  field: string,
  items: readonly unknown[],
  isRight: (item: Fields) => boolean,
  expected: string,
): readonly T[] {
  const wrong = items.findIndex(
    (item) => typeof item !== 'object' || item === null || !isRight(item as Fields),
  )
  if (wrong !== -1) throw badShape(path, `\`${field}.${wrong}\` is not what it must be: it needs ${expected}`)
  return items as readonly T[]
}

type Fields = Partial<Record<keyof MetricSeries | keyof LogLine | keyof Span, unknown>>

function isSeries({ service, name, unit, instance, t, v, edge }: Fields): boolean {
  return (
    typeof service === 'string' &&
    typeof name === 'string' &&
    typeof unit === 'string' &&
    (instance === null || typeof instance === 'string') &&
    Array.isArray(t) &&
    Array.isArray(v) &&
    t.length === v.length &&
    t.every((at) => typeof at === 'number') &&
    v.every((value) => value === null || typeof value === 'number') &&
    (edge === undefined ||
      (Array.isArray(edge) && edge.length === 2 && edge.every((end) => typeof end === 'string')))
  )
}

function isLogLine({ t, service, line }: Fields): boolean {
  return typeof t === 'number' && typeof service === 'string' && typeof line === 'string'
}

function isSpan({ t, trace, span, parent, service, operation, durationMs, error }: Fields): boolean {
  return (
    typeof t === 'number' &&
    typeof trace === 'string' &&
    typeof span === 'string' &&
    (parent === null || typeof parent === 'string') &&
    typeof service === 'string' &&
    typeof operation === 'string' &&
    typeof durationMs === 'number' &&
    (error === null || typeof error === 'boolean')
  )
}
