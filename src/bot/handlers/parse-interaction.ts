import { z } from 'zod'
import type { Person } from '../../pipeline/access.ts'
import { CcpError } from '../../pipeline/errors.ts'
import { REASON_BLOCK, REASON_INPUT, type ButtonValue } from '../ids.ts'

/** A click on a button of one of our messages or modals. */
export interface Click {
  readonly actionId: string
  readonly value: ButtonValue
  readonly person: Person
  /** The same for every delivery of this click. */
  readonly clickId: string
  readonly triggerId: string
  /** Null for a click in a modal. */
  readonly message: ClickedMessage | null
}

export interface ClickedMessage {
  readonly channel: string
  readonly ts: string
  /** The thread it stands in; null for a message in the channel. */
  readonly threadTs: string | null
}

const valueSchema = z.object({
  incidentId: z.string().min(1).max(200),
  bindingHash: z.string().max(200).optional(),
})

const clickSchema = z.object({
  trigger_id: z.string(),
  user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  actions: z
    .array(z.object({ action_id: z.string(), action_ts: z.string(), value: z.string().optional() }))
    .min(1),
  container: z.object({
    message_ts: z.string().optional(),
    channel_id: z.string().optional(),
    thread_ts: z.string().optional(),
  }),
})

/** Reads a `block_actions` payload. Throws CcpError `bad-input` naming what is wrong with it. */
export function parseClick(body: unknown): Click {
  const { trigger_id: triggerId, user, team, actions, container } = read(clickSchema, body, 'a click')
  const action = actions[0]
  if (action === undefined) throw new CcpError('bad-input', 'a click without an action')
  const { channel_id: channel, message_ts: ts, thread_ts: threadTs } = container
  return {
    actionId: action.action_id,
    value: parseValue(action.value),
    person: personOf(user, team),
    clickId: `${action.action_ts}:${user.id}:${action.action_id}`,
    triggerId,
    message: channel === undefined || ts === undefined ? null : { channel, ts, threadTs: threadTs ?? null },
  }
}

/** A reason that was written into one of our modals. */
export interface Submission {
  readonly callbackId: string
  readonly value: ModalValue
  readonly person: Person
  readonly clickId: string
  readonly reason: string
}

/** What a modal carries: the button's value, and where the click was, to edit that message. */
export interface ModalValue extends ButtonValue {
  readonly channel?: string
  readonly ts?: string
}

const modalValueSchema = valueSchema.extend({ channel: z.string().optional(), ts: z.string().optional() })

const submissionSchema = z.object({
  user: z.object({ id: z.string().min(1), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  view: z.object({
    id: z.string(),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.looseObject({ value: z.string().nullish() }))),
    }),
  }),
})

/** Reads a `view_submission` payload. Throws CcpError `bad-input` naming what is wrong with it. */
export function parseSubmission(body: unknown): Submission {
  const { user, team, view } = read(submissionSchema, body, 'a form')
  return {
    callbackId: view.callback_id,
    value: read(modalValueSchema, parseJson(view.private_metadata), 'the data of a form'),
    person: personOf(user, team),
    clickId: `view:${view.id}:${user.id}`,
    reason: view.state.values[REASON_BLOCK]?.[REASON_INPUT]?.value?.trim() ?? '',
  }
}

const commandSchema = z.object({
  text: z.string().default(''),
  user_id: z.string().min(1),
  team_id: z.string(),
  channel_id: z.string(),
})

export type SlashCommand = z.output<typeof commandSchema>

export function parseCommand(body: unknown): SlashCommand {
  return read(commandSchema, body, 'a slash command')
}

function parseValue(value: string | undefined): ButtonValue {
  return read(valueSchema, parseJson(value ?? ''), 'the value of a button')
}

/** A person is known by their own workspace, which in a shared channel is not the channel's. */
function personOf(
  user: { id: string; team_id?: string | undefined },
  team: { id: string } | null | undefined,
): Person {
  const teamId = user.team_id ?? team?.id
  if (teamId === undefined) throw new CcpError('bad-input', 'Slack sent a click without a workspace')
  return { teamId, userId: user.id }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Refused by the schema, with a message.
  }
}

function read<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new CcpError('bad-input', `${what} is not as expected: ${z.prettifyError(parsed.error)}`, {
    mend: 'the button may be of another version of the bot; use the newest message of the thread',
    cause: parsed.error,
  })
}
