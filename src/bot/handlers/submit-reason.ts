import type { PersonAction } from '../../pipeline/access.ts'
import { toCcpError } from '../../pipeline/errors.ts'
import { ESCALATE_MODAL, REASON_BLOCK, REJECT_MODAL } from '../ids.ts'
import { plain } from '../views/text.ts'
import { actOnIncident } from './act-on-incident.ts'
import type { HandlerDeps } from './handler-deps.ts'
import { parseSubmission, type Submission } from './parse-interaction.ts'

/** How the form is to be answered: closed, or kept open with what is wrong beneath the field. */
export type FormAnswer =
  { readonly kind: 'close' } | { readonly kind: 'errors'; readonly errors: Record<string, string> }

const ACTIONS: Readonly<Record<string, PersonAction>> = {
  [REJECT_MODAL]: 'reject',
  [ESCALATE_MODAL]: 'escalate',
}

/** Acts on a submitted form. Synchronous up to its answer, which Slack awaits within three seconds. */
export function submitReason(body: unknown, deps: HandlerDeps): FormAnswer {
  try {
    return submitted(parseSubmission(body), deps)
  } catch (thrown) {
    const { message } = toCcpError(thrown)
    deps.log.error({ error: message }, 'a form could not be handled')
    return problem(`That did not work: ${message}`)
  }
}

function submitted(
  { callbackId, value, person, clickId, reason }: Submission,
  deps: HandlerDeps,
): FormAnswer {
  const action = ACTIONS[callbackId]
  if (action === undefined) return problem('I do not know this form; it is of another version of the bot.')
  const { incidentId, bindingHash, ts } = value
  const bound = bindingHash === undefined ? {} : { bindingHash }
  const outcome = actOnIncident({ action, incidentId, person, clickId, reason, ...bound }, deps)
  if (ts !== undefined) void deps.delivery.settleNow(incidentId, ts)
  return outcome.kind === 'refused' ? problem(outcome.reason) : { kind: 'close' }
}

function problem(text: string): FormAnswer {
  return { kind: 'errors', errors: { [REASON_BLOCK]: plain(text, 300) } }
}
