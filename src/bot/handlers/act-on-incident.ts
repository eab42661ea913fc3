import { act, type PersonOutcome, type PersonRequest } from '../../pipeline/commands.ts'
import type { HandlerDeps } from './handler-deps.ts'

/** One person's command, with a line in the log for each answer. */
export function actOnIncident(
  request: PersonRequest,
  deps: Pick<HandlerDeps, 'journal' | 'access' | 'nowMs' | 'log'>,
): PersonOutcome {
  const outcome = act(request, deps)
  const { action, incidentId, person } = request
  const facts = { action, incidentId, userId: person.userId, outcome: outcome.kind }
  if (outcome.kind === 'accepted') deps.log.info(facts, 'a person acted')
  else deps.log.info({ ...facts, reason: outcome.reason }, 'a person was refused')
  return outcome
}
