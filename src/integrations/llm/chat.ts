import { z } from 'zod'
import { CcpError } from '../../pipeline/errors.ts'
import type { Message } from './prompt.ts'

export interface ChatAccess {
  /** Base of an OpenAI-compatible API, such as https://models.example.com/v1. */
  readonly url: string
  /** Null: the server asks for none. */
  readonly key: string | null
  readonly model: string
}

const MAX_ANSWER_BYTES = 512 * 1024
const MAX_TOKENS = 4_000

/**
 * One chat completion, as parsed JSON. No retry: the deadline covers all of it, and the plan goes on without an answer.
 * Throws CcpError `timeout`, `unauthorised`, `rate-limited`, `unavailable` or `corrupt`; the key is in no message.
 */
export async function chat(
  access: ChatAccess,
  messages: readonly Message[],
  deadlineMs: number,
): Promise<unknown> {
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const response = await fetch(`${access.url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(access.key === null ? {} : { authorization: `Bearer ${access.key}` }),
      },
      body: JSON.stringify({
        model: access.model,
        messages,
        temperature: 0,
        max_tokens: MAX_TOKENS,
        stream: false,
      }),
      // A redirect would carry the key and the source code elsewhere.
      redirect: 'error',
      signal,
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw statusFault(response.status)
    }
    return parse(await readBounded(response))
  } catch (thrown) {
    throw fault(thrown, deadlineMs)
  }
}

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullable() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
})

export type Completion =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'none'; readonly reason: string }

/** The text of a completion; `none` with the reason where the answer is of another form, or cut off. */
export function completionOf(reply: unknown, model: string): Completion {
  const parsed = answerSchema.safeParse(reply)
  if (!parsed.success)
    return { kind: 'none', reason: `the answer of ${model} is refused: it is no chat completion` }
  const [choice] = parsed.data.choices
  if (choice?.finish_reason === 'length')
    return { kind: 'none', reason: `the answer of ${model} is refused: it is cut off` }
  return { kind: 'text', text: choice?.message.content ?? '' }
}

function statusFault(status: number): CcpError {
  if (status === 401 || status === 403)
    return new CcpError('unauthorised', `the server refuses the key (status ${status})`, {
      mend: 'Put a valid key into CCP_MODEL_KEY.',
    })
  if (status === 429) return new CcpError('rate-limited', 'the server asks for fewer requests (status 429)')
  return new CcpError('unavailable', `the server answered with status ${status}`)
}

/** Reads the body and stops as soon as it is larger than any patch can be. */
async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    if (size > MAX_ANSWER_BYTES)
      throw new CcpError('corrupt', `the answer is larger than ${MAX_ANSWER_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CcpError('corrupt', 'the answer is no JSON', { cause })
  }
}

function fault(thrown: unknown, deadlineMs: number): CcpError {
  if (thrown instanceof CcpError) return thrown
  if (thrown instanceof Error && thrown.name === 'TimeoutError')
    return new CcpError('timeout', `no answer within ${deadlineMs} ms`, { cause: thrown })
  return new CcpError('unavailable', 'the server cannot be reached', { cause: thrown })
}
