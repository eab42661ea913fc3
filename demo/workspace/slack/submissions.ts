import type { SlackContext } from './context.ts'
import { elementsOf, initialValue, inputProblem, valueFields } from './elements.ts'
import type { Entered } from './elements.ts'
import type { Interactions } from './interactions.ts'
import { SlackApiError } from './api-error.ts'
import { isFields } from './state.ts'
import type { Fields, SlackView } from './types.ts'

/** Values by block id and action id, or flat by either. */
export type Values = Readonly<Record<string, Entered | Readonly<Record<string, Entered>>>>

/** What became of a submission, as the person sees it. */
export type SubmitOutcome =
  | { readonly kind: 'closed' }
  | { readonly kind: 'showing'; readonly view: SlackView }
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly kind: 'trouble'; readonly text: string }

const troubleText = 'We had some trouble connecting. Try again?'

/** Submits the person's open modal: Slack's own checks first, then `view_submission` and its answer. */
export async function submitModal(
  context: SlackContext,
  interactions: Interactions,
  user: string,
  values: Values,
): Promise<SubmitOutcome> {
  const open = context.modals.current(user)
  if (!open) throw new Error(`${user} has no open modal to submit`)
  if (open.busy) throw new Error('the modal is disabled: its submission has not been acknowledged yet')
  const errors = fillIn(open.view, values)
  if (Object.keys(errors).length > 0) return showErrors(context, user, errors)
  context.modals.mark(user, { busy: true, errors: {} })
  const ack = await context.sockets.deliver('interactive', {
    type: 'view_submission',
    ...interactions.commonFields(user),
    trigger_id: context.triggers.issue(user, open.view.id),
    view: { ...open.view },
    response_urls: [],
  })
  context.modals.mark(user, { busy: false })
  if (ack.kind !== 'acked') return trouble(context, user)
  return applyAnswer(context, user, open.view, ack.payload)
}

/** Writes the entered values into `view.state.values`; answers what Slack's client itself would object to. */
function fillIn(view: SlackView, values: Values): Record<string, string> {
  const errors: Record<string, string> = {}
  const filled: SlackView['state']['values'] = {}
  for (const placed of elementsOf(view.blocks)) {
    const { block, element } = placed
    if (element.type === 'button' || element.type === 'overflow') continue
    const blockId = String(block.block_id)
    const value = entered(values, blockId, String(element.action_id), element)
    const problem = block.type === 'input' ? inputProblem(placed, value) : undefined
    if (problem) errors[blockId] = problem
    else
      (filled[blockId] ??= {})[String(element.action_id)] = {
        type: element.type,
        ...valueFields(element, value),
      }
  }
  view.state = { values: filled }
  return errors
}

function entered(values: Values, blockId: string, actionId: string, element: Fields): Entered {
  const ofBlock = values[blockId]
  if (isFields(ofBlock) && actionId in ofBlock) return ofBlock[actionId] as Entered
  const flat = actionId in values ? values[actionId] : isFields(ofBlock) ? undefined : ofBlock
  return flat === undefined ? initialValue(element) : (flat as Entered)
}

function showErrors(context: SlackContext, user: string, errors: Record<string, string>): SubmitOutcome {
  context.modals.mark(user, { busy: false, errors })
  return { kind: 'errors', errors }
}

function trouble(context: SlackContext, user: string): SubmitOutcome {
  context.modals.mark(user, { busy: false, trouble: troubleText })
  return { kind: 'trouble', text: troubleText }
}

function applyAnswer(context: SlackContext, user: string, view: SlackView, answer: Fields): SubmitOutcome {
  try {
    switch (answer.response_action) {
      case 'errors':
        return knownErrors(context, user, view, answer.errors)
      case 'update':
        return { kind: 'showing', view: context.modals.update({ viewId: view.id }, answer.view) }
      case 'push':
        return { kind: 'showing', view: context.modals.push(user, answer.view) }
      case 'clear':
        context.modals.close(user, true)
        return { kind: 'closed' }
      default:
        return closeTop(context, user)
    }
  } catch (error) {
    // A malformed answer of the app reaches the person as a connection problem, exactly as in Slack.
    if (error instanceof SlackApiError) return trouble(context, user)
    throw error
  }
}

function knownErrors(context: SlackContext, user: string, view: SlackView, errors: unknown): SubmitOutcome {
  const ids = new Set(view.blocks.map((block) => block.block_id))
  const given = isFields(errors) ? Object.entries(errors) : []
  if (given.length === 0 || given.some(([id, text]) => !ids.has(id) || typeof text !== 'string'))
    return trouble(context, user)
  return showErrors(context, user, Object.fromEntries(given) as Record<string, string>)
}

function closeTop(context: SlackContext, user: string): SubmitOutcome {
  context.modals.close(user, false)
  const below = context.modals.current(user)
  return below ? { kind: 'showing', view: below.view } : { kind: 'closed' }
}

/** Cancels the open modal; the app hears of it where it asked to (`notify_on_close`). */
export async function closeModal(
  context: SlackContext,
  interactions: Interactions,
  user: string,
): Promise<void> {
  const open = context.modals.current(user)
  if (!open) throw new Error(`${user} has no open modal to close`)
  const gone = context.modals.close(user, open.view.clear_on_close)
  for (const view of gone.filter((entry) => entry.notify_on_close)) {
    await context.sockets.deliver('interactive', {
      type: 'view_closed',
      ...interactions.commonFields(user),
      view,
      is_cleared: open.view.clear_on_close,
    })
  }
}
