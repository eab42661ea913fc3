import type { AccessPolicy } from './access.ts'
import { CcpError } from './errors.ts'
import type { IncidentRecord } from './machine.ts'
import { approvalMail, leadsMail, pageNote, pagesOfIncident, recipients } from './notices.ts'
import type { ClaimedCommand, Journal, Mailer, PageDesk } from './ports.ts'
import type { Executed } from './run.ts'

/**
 * N1  A note is looked up by its command id before it is written; resolving twice changes nothing.
 * N2  A mail whose outcome a crash left unknown is not sent again: the thread has what it would have said.
 */
export interface NoticeDeps {
  readonly journal: Pick<Journal, 'intend'>
  readonly access: AccessPolicy
  readonly pages: PageDesk
  /** Null where no mail server is configured. */
  readonly mailer: Mailer | null
  nowMs(): number
}

/** Carries out one command that tells somebody something. */
export async function executeNotice(command: ClaimedCommand, deps: NoticeDeps): Promise<Executed> {
  const { record } = command
  switch (command.kind) {
    case 'note-page':
      await forEachPage(command, deps, (page) =>
        deps.pages.addNote(page, command.commandId, pageNote(record)),
      )
      break
    case 'resolve-page':
      if (record.state === 'RESOLVED') await forEachPage(command, deps, (page) => deps.pages.resolve(page))
      break
    case 'escalate-page':
      await forEachPage(command, deps, async (page) => {
        await deps.pages.addNote(page, command.commandId, `CCP: escalated. ${record.escalated?.reason ?? ''}`)
        await deps.pages.escalate(page)
      })
      break
    case 'email-approvers':
      if (record.state === 'AWAITING_APPROVAL') await mail(command, deps, 'approvers')
      break
    case 'email-leads':
      await mail(command, deps, 'leads')
      break
    default:
      throw new CcpError('internal', `${command.kind} is no notice`)
  }
  return { event: null }
}

async function forEachPage(
  command: ClaimedCommand,
  deps: NoticeDeps,
  work: (pagerdutyId: string) => Promise<void>,
): Promise<void> {
  const pages = pagesOfIncident(command.record.incident)
  if (pages.length === 0) return
  deps.journal.intend(command, { pages }, deps.nowMs())
  for (const page of pages) await work(page)
}

async function mail(command: ClaimedCommand, deps: NoticeDeps, whom: 'approvers' | 'leads'): Promise<void> {
  const { record, commandId } = command
  const to = recipients(record, deps.access.members, whom)
  if (deps.mailer === null || to.length === 0) return
  if (command.interrupted) {
    deps.journal.intend(command, { outcome: 'unknown', sentAgain: false }, deps.nowMs()) // N2
    return
  }
  deps.journal.intend(command, { recipients: to.length }, deps.nowMs())
  await deps.mailer.send({ to, commandId, ...noticeFor(record, whom) })
}

function noticeFor(record: IncidentRecord, whom: 'approvers' | 'leads') {
  return whom === 'approvers' ? approvalMail(record) : leadsMail(record)
}
