import { objection } from '../../pipeline/commands.ts'
import { escalateModal, rejectModal } from '../views/modals.ts'
import type { HandlerDeps } from './handler-deps.ts'
import type { Click, ModalValue } from './parse-interaction.ts'
import { tellPerson } from './tell-person.ts'

/**
 * Opens the form that asks for a reason, at once: the trigger lives three seconds. Who may not act is told instead; the
 * submission is checked again, for the state may have changed while the form was open.
 */
export async function askReason(
  action: 'reject' | 'escalate',
  click: Click,
  deps: HandlerDeps,
): Promise<void> {
  const { value, person, message, triggerId } = click
  const against = objection({ action, person, ...value }, deps)
  const record = deps.journal.record(value.incidentId)
  if (against !== null || record === null) {
    const settled = message === null ? null : deps.delivery.settleNow(value.incidentId, message.ts)
    await tellPerson(click, against ?? 'This incident is not in my journal.', deps)
    return void (await settled)
  }
  const place = message === null ? {} : { channel: message.channel, ts: message.ts }
  const metadata = JSON.stringify({ ...value, ...place } satisfies ModalValue)
  await deps.conversation.openModal(
    triggerId,
    action === 'reject' ? rejectModal(record, metadata) : escalateModal(record, metadata),
  )
}
