import { api } from '@pagerduty/pdjs'
import { z } from 'zod'
import type { Page, PageSource } from '../../pipeline/detection/ports.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { PageDesk } from '../../pipeline/ports.ts'
import { incidentSchema } from './page-schema.ts'

export interface PagerDutyOptions {
  readonly token: string
  readonly fromEmail: string
  readonly apiUrl: string
  /** Gives up on a call after this time; 10 s unless told. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
/** Where PagerDuty does not say when its limit is over. */
const RETRY_AFTER_MS = 10_000
const PAGE_SIZE = 100
const MAX_PAGES = 20
const MAX_NOTE_CHARS = 20_000

/** The level of an escalation policy after the one that was paged first. */
const NEXT_LEVEL = 2

const listSchema = z.object({ incidents: z.array(incidentSchema), more: z.boolean().nullish() })
const oneSchema = z.object({ incident: incidentSchema })
const notesSchema = z.object({ notes: z.array(z.object({ content: z.string() })) })

/**
 * PagerDuty's REST API v2 over pdjs 2.2, whose own time-out never aborts (a note given up on would still be written, beside
 * its repetition) and which would sit on a 429 for a minute: the deadline is a signal that ends the request, its repetitions
 * come at once, and status and body are checked here.
 */
export function createPagerDuty(
  options: PagerDutyOptions,
): PageSource & PageDesk & { check(): Promise<void> } {
  const root = options.apiUrl.replace(/\/$/, '')
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS
  async function call<T>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: z.ZodType<T>,
    data?: object,
  ): Promise<T> {
    const what = `${method} ${path}`
    const { response, body } = await exchange(what, deadlineMs, {
      url: `${root}${path}`,
      method,
      token: options.token,
      headers: { From: options.fromEmail },
      ...(data && { data }),
    })
    refuseFailure(response, body, what)
    const checked = schema.safeParse(body)
    if (checked.success) return checked.data
    throw new CcpError('unavailable', `PagerDuty answered ${what} with something else than its API`, {
      mend: 'check PAGERDUTY_API_URL and any proxy in between',
      cause: checked.error,
    })
  }

  const pathOf = (pagerdutyId: string): string => `/incidents/${encodeURIComponent(pagerdutyId)}`

  return {
    async check() {
      await call('GET', '/incidents?limit=1', listSchema)
    },
    async pagesSince(sinceMs) {
      const pages: Page[] = []
      for (let number = 0; number < MAX_PAGES; number += 1) {
        const query = new URLSearchParams({
          limit: String(PAGE_SIZE),
          offset: String(number * PAGE_SIZE),
          since: new Date(sinceMs).toISOString(),
        })
        const list = await call('GET', `/incidents?${query}`, listSchema)
        pages.push(...list.incidents)
        if (list.more !== true) break
      }
      return pages.sort((a, b) => a.createdAtMs - b.createdAtMs)
    },
    async addNote(pagerdutyId, commandId, text) {
      const marker = `[ccp ${commandId}]`
      const path = `${pathOf(pagerdutyId)}/notes`
      const { notes } = await call('GET', path, notesSchema)
      if (notes.some((note) => note.content.includes(marker))) return // written before the answer was lost
      const note = { content: `${text.slice(0, MAX_NOTE_CHARS)}\n${marker}` }
      await call('POST', path, z.unknown(), { note })
    },
    async resolve(pagerdutyId) {
      // PagerDuty answers 400 to a change of what is resolved.
      const { incident } = await call('GET', pathOf(pagerdutyId), oneSchema)
      if (incident.status === 'resolved') return
      const change = { type: 'incident', status: 'resolved' }
      await call('PUT', pathOf(pagerdutyId), z.unknown(), { incident: change })
    },
    async escalate(pagerdutyId) {
      const { incident } = await call('GET', pathOf(pagerdutyId), oneSchema)
      if (incident.status === 'resolved') return // nobody is to be paged for it any more
      const change = { type: 'incident', escalation_level: NEXT_LEVEL }
      await call('PUT', pathOf(pagerdutyId), z.unknown(), { incident: change })
    },
  }
}

interface CallParameters {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly token: string
  readonly headers: Record<string, string>
  readonly data?: object
}

/** One call and its whole answer before the deadline; `body` is undefined for what is not JSON, such as a page of HTML. */
async function exchange(
  what: string,
  deadlineMs: number,
  parameters: CallParameters,
): Promise<{ readonly response: Response; readonly body: unknown }> {
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const { response, data } = await api({ ...parameters, signal, requestTimeout: 0, retryTimeout: 1 })
    return { response, body: data as unknown }
  } catch (thrown) {
    if (signal.aborted) {
      throw new CcpError('timeout', `PagerDuty gave no answer to ${what} within ${deadlineMs / 1000} s`)
    }
    // pdjs rejects with the response itself where its body is not JSON.
    if (!(thrown instanceof Error)) return { response: thrown as Response, body: undefined }
    throw new CcpError('unavailable', `PagerDuty cannot be reached for ${what}: ${reasonOf(thrown)}`, {
      mend: 'check PAGERDUTY_API_URL and the network',
      cause: thrown,
    })
  }
}

function reasonOf(error: Error): string {
  return (error as { code?: string }).code ?? error.message
}

function refuseFailure(response: Response, body: unknown, what: string): void {
  if (response.ok) return
  const { error } = (body ?? {}) as { error?: { message?: string; errors?: readonly string[] } }
  const detail = [error?.message ?? response.statusText, ...(error?.errors ?? [])].join(': ')
  const message = `PagerDuty answered ${response.status} to ${what}: ${detail}`
  if (response.status === 429) {
    throw new CcpError('rate-limited', message, { retryAfterMs: retryAfterMs(response.headers) })
  }
  if (response.status >= 500) throw new CcpError('unavailable', message)
  if (response.status === 401 || response.status === 403) {
    throw new CcpError('unauthorised', message, {
      mend: 'check PAGERDUTY_API_TOKEN: it must be a REST API key that may write incidents',
    })
  }
  if (response.status === 404) throw new CcpError('not-found', message)
  throw new CcpError('bad-input', message, {
    mend: 'check PAGERDUTY_FROM_EMAIL: it must be the address of a user of the account',
  })
}

/** `ratelimit-reset` is in seconds from now. */
function retryAfterMs(headers: Headers): number {
  const resetSec = Number.parseFloat(headers.get('ratelimit-reset') ?? '')
  return Number.isFinite(resetSec) && resetSec > 0 ? resetSec * 1000 : RETRY_AFTER_MS
}
