import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'
import type { RawSamples, RawSeries } from './metric-names.ts'

export interface PrometheusOptions {
  /** Base URL, such as http://prometheus:9090. */
  readonly url: string
  readonly timeoutMs: number
  /** Such as authorization. */
  readonly headers?: Readonly<Record<string, string>>
}

const answerSchema = z.union([
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('matrix'),
      result: z.array(
        z.object({
          metric: z.record(z.string(), z.string()),
          values: z.array(z.tuple([z.number(), z.string()])),
        }),
      ),
    }),
    warnings: z.array(z.string()).optional(),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
])

/**
 * Raw samples of a Prometheus server: an instant query of a range selector, which gives each sample at its own time and
 * nothing that was extrapolated or has gone stale. An error or a partial answer (a warning) throws `unavailable`: what is
 * missing would look like traffic without errors.
 */
export function prometheusSamples(options: PrometheusOptions): RawSamples {
  return {
    async rawBetween({ names, services, fromMs, toMs }) {
      if (names.length === 0 || services.length === 0 || toMs < fromMs) return []
      const matchers = `__name__=~${quoted(names)},service=~${quoted(services)}`
      // One millisecond more: a range selector leaves out its left end since Prometheus 3.
      const query = `{${matchers}}[${Math.ceil(toMs - fromMs) + 1}ms]`
      const matrix = await ask(options, query, toMs)
      return matrix.map(toRawSeries).filter((series) => series.tMs.length > 0)
    },
  }
}

function toRawSeries({ metric, values }: Matrix[number]): RawSeries {
  const { __name__: name = '', ...labels } = metric
  return {
    name,
    labels,
    tMs: values.map(([t]) => Math.round(t * 1000)),
    v: values.map(([, v]) => toNumber(v)),
  }
}

type Matrix = Extract<z.infer<typeof answerSchema>, { status: 'success' }>['data']['result']

async function ask(options: PrometheusOptions, query: string, atMs: number): Promise<Matrix> {
  const { status, text } = await post(options, query, atMs)
  const answer = answerSchema.safeParse(parseJson(text))
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
  return answer.data.data.result
}

async function post(
  options: PrometheusOptions,
  query: string,
  atMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(new URL('api/v1/query', withSlash(options.url)), {
      method: 'POST',
      body: new URLSearchParams({ query, time: (atMs / 1000).toFixed(3) }),
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

/** A PromQL string that matches exactly these names. */
function quoted(names: readonly string[]): string {
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return JSON.stringify(pattern)
}

function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
