import { shownDiff } from '../../pipeline/shown-diff.ts'
import { diffModal, noticeModal } from '../views/diff-modal.ts'
import type { HandlerDeps } from './handler-deps.ts'
import type { Click } from './parse-interaction.ts'
import { tellPerson } from './tell-person.ts'

/** Shows the whole diff: in a modal, or as a file in the thread where it is too large for one. */
export async function showDiff(click: Click, deps: HandlerDeps): Promise<void> {
  const patch = deps.journal.record(click.value.incidentId)?.patch
  if (patch === null || patch === undefined) return await tellPerson(click, 'There is no diff yet.', deps)
  const modal = diffModal(patch)
  if (modal !== null) return await deps.conversation.openModal(click.triggerId, modal)
  const notice = noticeModal('Diff', 'The diff is too large to show here; it comes as a file in the thread.')
  await deps.conversation.openModal(click.triggerId, notice)
  if (click.message === null) return
  const { channel, ts, threadTs } = click.message
  await deps.conversation.attach(
    { channel, threadTs: threadTs ?? ts },
    {
      filename: `${patch.commit.slice(0, 10)}.diff`,
      title: patch.title.slice(0, 200),
      content: shownDiff(patch),
    },
  )
}
