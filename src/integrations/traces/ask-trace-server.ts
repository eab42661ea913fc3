import { CcpError } from '../../pipeline/errors.ts'

export interface TraceServer {
  readonly product: 'Jaeger' | 'Tempo'
  /** Base URL, with the path that the server or a proxy puts before `api/`. */
  readonly url: string
  /** Such as authorization. */
  readonly headers: Readonly<Record<string, string>>
}

export interface TraceAnswer {
  readonly status: number
  /** Null where it is no JSON. */
  readonly body: unknown
  readonly text: string
}

/** A server that ignores its limit must not take the bot's memory. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * GET of `path` below the server's URL. Answers of any status are returned, for which of them are faults depends on what was
 * asked. Throws CcpError `unavailable` where there is none, or one that is too large; what `signal` aborts throws as it came.
 */
export async function askTraceServer(
  server: TraceServer,
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TraceAnswer> {
  const url = new URL(path, server.url.endsWith('/') ? server.url : `${server.url}/`)
  url.search = String(new URLSearchParams(parameters))
  try {
    const response = await fetch(url, { headers: { accept: 'application/json', ...server.headers }, signal })
    const text = await readText(response, server)
    return { status: response.status, body: parseJson(text), text }
  } catch (cause) {
    if (cause instanceof CcpError || signal.aborted) throw cause
    throw traceFault(server, 'cannot be reached', {
      mend: `check ${variable(server, 'URL')}, and that the server runs`,
      cause,
    })
  }
}

/** What a status other than 200 means. `said` is what the server gives as its reason. */
export function refusedBy(server: TraceServer, { status, text }: TraceAnswer, said = text): CcpError {
  const words = said.replace(/\s+/g, ' ').trim().slice(0, 300)
  const what = `answered ${status}${words === '' ? '' : `: ${words}`}`
  if (status === 401 || status === 403) {
    const tenant = server.product === 'Tempo' ? ', and TEMPO_TENANT' : ''
    const mend = `check ${variable(server, 'USER')} and ${variable(server, 'PASSWORD')}, or ${variable(server, 'BEARER_TOKEN')}${tenant}`
    return traceFault(server, what, { mend, retryable: false })
  }
  if (status === 404)
    return traceFault(server, what, {
      mend: `check ${variable(server, 'URL')}: it needs the path that is put before api/`,
      retryable: false,
    })
  if (status === 429 || status >= 500) return traceFault(server, what, {})
  return traceFault(server, what, {
    mend: `check \`${server.product.toLowerCase()}\` in traces.yaml, above all mostTraces`,
    retryable: false,
  })
}

/** An answer with status 200 that is not what was asked for. */
export function notTraces(server: TraceServer): CcpError {
  return traceFault(server, 'answered with something that is no list of traces', {
    mend: `check that ${variable(server, 'URL')} is that of ${server.product}, and any proxy in between`,
  })
}

export function traceFault(
  { product, url }: TraceServer,
  what: string,
  more: { readonly mend?: string; readonly retryable?: boolean; readonly cause?: unknown },
): CcpError {
  return new CcpError('unavailable', `${product} at ${url} ${what}`, more)
}

async function readText(response: Response, server: TraceServer): Promise<string> {
  const decoder = new TextDecoder()
  const parts: string[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > MOST_BYTES)
      throw traceFault(server, `answered with more than ${MOST_BYTES / 1024 / 1024} MiB`, {
        mend: `lower \`${server.product.toLowerCase()}.mostTraces\` in traces.yaml`,
        retryable: false,
      })
    parts.push(decoder.decode(part, { stream: true }))
  }
  return parts.join('') + decoder.decode()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a proxy's page of HTML: whoever asked says that it is no answer
  }
}

function variable({ product }: TraceServer, name: string): string {
  return `${product.toUpperCase()}_${name}`
}
