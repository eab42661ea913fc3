import { z } from 'zod'

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() })
const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(textPart).min(1)]),
  name: z.string().optional(),
})

/** What OpenAI takes for a chat completion, less what this stand-in does not offer: streams, tools, pictures. */
const requestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  n: z.literal(1).optional(),
  max_tokens: z.int().positive().optional(),
  max_completion_tokens: z.int().positive().optional(),
  stop: z.union([z.string(), z.array(z.string()).min(1).max(4)]).optional(),
  seed: z.int().optional(),
  stream: z.literal(false).optional(),
  user: z.string().optional(),
})

export type CompletionRequest = Readonly<z.infer<typeof requestSchema>>

/** The `error` object of OpenAI's API, with the status it comes with. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly param: string | null
  readonly code: string | null
}

export type Checked =
  | { readonly kind: 'request'; readonly request: CompletionRequest }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

interface Sent {
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
}

/** Refuses what OpenAI would refuse, in its words where they are known. */
export function checkRequest(sent: Sent, offers: { readonly key: string; readonly model: string }): Checked {
  if (sent.authorization !== `Bearer ${offers.key}`)
    return refused(401, 'Incorrect API key provided.', null, 'invalid_api_key')
  if (!/^application\/json\b/i.test(sent.contentType ?? ''))
    return refused(400, 'We could not parse the JSON body of your request: Content-Type is not JSON.')
  const read = readJson(sent.body)
  if (read === undefined) return refused(400, 'We could not parse the JSON body of your request.')
  const parsed = requestSchema.safeParse(read)
  if (!parsed.success) return refused(400, ...problem(parsed.error))
  if (parsed.data.model !== offers.model)
    return refused(404, `The model ${parsed.data.model} does not exist.`, 'model', 'model_not_found')
  return { kind: 'request', request: parsed.data }
}

/** The text of a message, whichever of the two forms it was sent in. */
export function textOf({ content }: CompletionRequest['messages'][number]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

function problem(error: z.ZodError): readonly [message: string, param: string | null] {
  const [first] = error.issues
  if (first?.code === 'unrecognized_keys')
    return [`Unrecognized request argument supplied: ${first.keys.join(', ')}`, null]
  const param = first?.path.join('.') ?? ''
  return [`Invalid value for ${param}: ${first?.message ?? 'unknown'}`, param]
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // No schema accepts it: the refusal says the rest.
  }
}

function refused(
  status: number,
  message: string,
  param: string | null = null,
  code: string | null = null,
): Checked {
  return { kind: 'refused', refusal: { status, message, param, code } }
}
