import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'

export interface PrometheusOptions {
  /** Base URL, such as http://prometheus:9090. */
  readonly url: string
  readonly timeoutMs: number
  /** Such as authorization. */
  readonly headers?: Readonly<Record<string, string>>
}

const labels = z.record(z.string(), z.string())
const sample = z.tuple([z.number(), z.string()])

const matrixSchema = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(sample) })),
})
const vectorSchema = z.union([
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: sample })),
  }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
])
const failureSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() })

export type Matrix = z.output<typeof matrixSchema>['result']
export type Vector = Extract<z.output<typeof vectorSchema>, { resultType: 'vector' }>['result']

/** `query` of a range selector, or `query_range`. Throws CcpError `unavailable` or `timeout`, as all here do. */
export async function askForMatrix(
  options: PrometheusOptions,
  endpoint: 'query' | 'query_range',
  parameters: Readonly<Record<string, string>>,
): Promise<Matrix> {
  return (await ask(options, endpoint, parameters, matrixSchema)).result
}

/** `query` of an expression at one moment; a number without series is one without labels. */
export async function askForVector(
  options: PrometheusOptions,
  parameters: Readonly<Record<string, string>>,
): Promise<Vector> {
  const data = await ask(options, 'query', parameters, vectorSchema)
  return data.resultType === 'vector' ? data.result : [{ metric: {}, value: data.result }]
}

async function ask<T>(
  options: PrometheusOptions,
  endpoint: string,
  parameters: Readonly<Record<string, string>>,
  dataSchema: z.ZodType<T>,
): Promise<T> {
  const { status, text } = await post(options, endpoint, parameters)
  const success = z.object({
    status: z.literal('success'),
    data: dataSchema,
    warnings: z.array(z.string()).optional(),
  })
  const answer = z.union([success, failureSchema]).safeParse(parseJson(text))
  if (!answer.success) {
    throw unavailable(options, `answered ${status} with something that is no query result`, {
      mend: 'check that the URL is that of a Prometheus server',
    })
  }
  if (answer.data.status === 'error') {
    throw unavailable(options, `refused the query: ${answer.data.errorType}: ${answer.data.error}`)
  }
  if (answer.data.warnings !== undefined && answer.data.warnings.length > 0) {
    throw unavailable(options, `gave a partial answer: ${answer.data.warnings.join('; ')}`)
  }
  return answer.data.data
}

async function post(
  options: PrometheusOptions,
  endpoint: string,
  parameters: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(new URL(`api/v1/${endpoint}`, withSlash(options.url)), {
      method: 'POST',
      body: new URLSearchParams(parameters),
      headers: { ...options.headers },
      signal: AbortSignal.timeout(options.timeoutMs),
    })
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    const late = cause instanceof Error && cause.name === 'TimeoutError'
    if (late)
      throw new CcpError('timeout', `Prometheus at ${options.url} did not answer in ${options.timeoutMs} ms`)
    throw unavailable(options, 'cannot be reached', { cause })
  }
}

function unavailable(
  options: PrometheusOptions,
  what: string,
  more: { readonly mend?: string; readonly cause?: unknown } = {},
): CcpError {
  return new CcpError('unavailable', `Prometheus at ${options.url} ${what}`, more)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a proxy's page of HTML: the schema says that it is no answer
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

export function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
