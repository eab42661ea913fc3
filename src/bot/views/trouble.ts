import type { IncidentRecord } from '../../pipeline/machine.ts'
import { section } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { commandWords } from './state-words.ts'
import { line, sentence } from './text.ts'

/** What keeps failing; taken away once it works again. */
export function troubleMessage(trouble: NonNullable<IncidentRecord['trouble']>): DesiredMessage {
  const doing = commandWords(trouble.command)
  const again =
    trouble.attempt === 0
      ? 'It is not tried again: please do it by hand.'
      : `Try ${trouble.attempt} failed; it is tried again, with longer and longer pauses.`
  return desiredMessage({
    key: 'trouble',
    summary: `⚠️ Trouble ${doing}`,
    blocks: [section(`*⚠️ Trouble ${doing}*\n${sentence(line(trouble.message, 1_500))}\n${again}`)],
  })
}
