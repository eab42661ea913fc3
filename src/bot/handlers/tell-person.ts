import { toCcpError } from '../../pipeline/errors.ts'
import type { HandlerDeps } from './handler-deps.ts'
import type { Click } from './parse-interaction.ts'

/** Says it to the person who clicked, where they clicked; a failure is only logged, for there is no other way. */
export async function tellPerson(
  click: Click | null,
  text: string,
  deps: Pick<HandlerDeps, 'conversation' | 'log'>,
): Promise<void> {
  const at = click?.message ?? null
  if (click === null || at === null) return
  try {
    await deps.conversation.whisper({ userId: click.person.userId, at }, text)
  } catch (thrown) {
    deps.log.warn({ error: toCcpError(thrown).message, text }, 'a person could not be told')
  }
}
