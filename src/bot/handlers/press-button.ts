import type { PersonAction } from '../../pipeline/access.ts'
import { toCcpError } from '../../pipeline/errors.ts'
import { BUTTON_ACTIONS, LINK_ACTION, type ButtonAction } from '../ids.ts'
import { actOnIncident } from './act-on-incident.ts'
import { askReason } from './ask-reason.ts'
import type { HandlerDeps } from './handler-deps.ts'
import { parseClick, type Click } from './parse-interaction.ts'
import { showDiff } from './show-diff.ts'
import { showEvidence } from './show-evidence.ts'
import { tellPerson } from './tell-person.ts'

/** Does what a clicked button asks for; the click has been acknowledged before. Never throws: the person is told. */
export async function pressButton(body: unknown, deps: HandlerDeps): Promise<void> {
  if (isLink(body)) return
  let click: Click | null = null
  try {
    click = parseClick(body)
    await perform(click, deps)
  } catch (thrown) {
    const { message, mend } = toCcpError(thrown)
    deps.log.error({ error: message, action: click?.actionId }, 'a click could not be handled')
    await tellPerson(click, `That did not work: ${message}${mend === null ? '' : `; ${mend}`}.`, deps)
  }
}

async function perform(click: Click, deps: HandlerDeps): Promise<void> {
  const action = BUTTON_ACTIONS.find((each): each is ButtonAction => each === click.actionId)
  switch (action) {
    case 'reject':
    case 'escalate':
      return await askReason(action, click, deps)
    case 'showDiff':
      return await showDiff(click, deps)
    case 'showEvidence':
      return await showEvidence(click, deps)
    case undefined:
      return await tellPerson(click, UNKNOWN, deps)
    default:
      return await pressed(action, click, deps)
  }
}

const UNKNOWN =
  'I do not know this button; it is of another version of the bot. The newest message of the thread has the right ones.'

async function pressed(action: PersonAction, click: Click, deps: HandlerDeps): Promise<void> {
  const { value, person, clickId } = click
  const outcome = actOnIncident({ action, person, clickId, ...value }, deps)
  // Accepted or not, the message is brought up to date: a button that was refused was a stale one.
  const settled = click.message === null ? null : deps.delivery.settleNow(value.incidentId, click.message.ts)
  if (outcome.kind === 'refused') await tellPerson(click, outcome.reason, deps)
  await settled
}

function isLink(body: unknown): boolean {
  const { actions } = body as { actions?: readonly { action_id?: string }[] }
  return actions?.[0]?.action_id === LINK_ACTION
}
