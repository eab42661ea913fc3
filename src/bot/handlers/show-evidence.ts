import { evidenceModal } from '../views/evidence-modal.ts'
import type { HandlerDeps } from './handler-deps.ts'
import type { Click } from './parse-interaction.ts'
import { tellPerson } from './tell-person.ts'

/** Shows what the diagnosis stands on, in a modal. */
export async function showEvidence(click: Click, deps: HandlerDeps): Promise<void> {
  const record = deps.journal.record(click.value.incidentId)
  const diagnosis = record?.diagnosis ?? null
  if (record === null || diagnosis === null)
    return await tellPerson(click, 'There is no diagnosis yet.', deps)
  await deps.conversation.openModal(click.triggerId, evidenceModal(record, diagnosis))
}
