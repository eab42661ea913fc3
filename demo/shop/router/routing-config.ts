import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CcpError } from '../../../src/pipeline/errors.ts'

const backendSchema = z.strictObject({
  version: z.string().min(1).max(100),
  url: z.url({ protocol: /^http$/, error: 'must be an http:// URL' }),
  weight: z.number().min(0).max(100),
})

/** One running version of a service and the share of its traffic, in percent. */
export type Backend = Readonly<z.infer<typeof backendSchema>>

/** The versions of one service: at least one, named once each, with weights that sum to 100. */
export const backendsSchema = z
  .array(backendSchema)
  .min(1, 'must name at least one backend')
  .superRefine((backends, context) => {
    const sum = backends.reduce((total, { weight }) => total + weight, 0)
    if (Math.abs(sum - 100) > 1e-6) context.addIssue(`weights must sum to 100, they sum to ${sum}`)
    const twice = backends.find(
      ({ version }, index) => backends.findIndex((b) => b.version === version) < index,
    )
    if (twice) context.addIssue(`version ${twice.version} is named twice`)
  })

/** Body of `PUT /routes/:service`. */
export const changeSchema = z.strictObject({
  backends: backendsSchema,
  ifGeneration: z.int().nonnegative().optional(),
})

const portSchema = z.int().min(0).max(65_535)

const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port; the line printed when ready says which. */
  adminPort: portSchema.default(0),
  /** Where the routes are kept, so that a restarted router resumes; not kept when absent. */
  stateFile: z.string().min(1).optional(),
  services: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/),
    z.strictObject({ port: portSchema, backends: backendsSchema.optional() }),
  ),
})

export type RouterConfig = Readonly<z.infer<typeof configSchema>>

/** Reads and checks the configuration file. Throws CcpError `bad-config` with every problem in it. */
export function readConfig(path: string): RouterConfig {
  return checked(configSchema, readJson(path), path)
}

const stateSchema = z.object({
  services: z.record(z.string(), z.object({ generation: z.int().nonnegative(), backends: backendsSchema })),
})

export type RouterState = Readonly<z.infer<typeof stateSchema>>

/** The routes a router left behind; throws CcpError `bad-config` when the file is not what a router writes. */
export function readState(path: string): RouterState {
  return checked(stateSchema, readJson(path), path)
}

/** All problems of a value as one sentence: `backends: weights must sum to 100, they sum to 90`. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
    .join('; ')
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new CcpError('bad-config', `${path}: ${problemsOf(result.error)}`, { mend: `Correct ${path}.` })
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new CcpError('bad-config', `${path} cannot be read as JSON: ${(cause as Error).message}`, { cause })
  }
}
