import type { Approval } from '../../pipeline/contracts.ts'
import { openPlaces } from '../../pipeline/approval.ts'
import { actions, context, section } from './blocks.ts'
import { actionButtons, lookButtons } from './buttons.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { eligible, placesInWords } from './places.ts'
import { approvalKey, type Scene } from './scene.ts'
import { clip, code, line, list, shortHash, when, who } from './text.ts'

/** The question put to people; once decided, who decided and when, without a live button. */
export function approvalMessage(scene: Scene, approval: Approval): DesiredMessage {
  const waiting = scene.possible.has('approve')
  const title = line(scene.record.patch?.title ?? 'the proposed fix')
  return desiredMessage({
    key: approvalKey(scene.record),
    summary: waiting ? `Approval needed: ${title}` : decision(approval),
    urgent: true,
    blocks: [
      section(waiting ? question(scene, approval, title) : `*${decision(approval)}*\n${title}`),
      ...(approval.quorum.length > 1 ? [section(progress(approval))] : []),
      ...actions([
        ...actionButtons(scene, waiting ? ['approve', 'reject'] : ['renewApproval']),
        ...lookButtons(scene).filter((button) => button.action_id === 'showDiff'),
      ]),
      ...context(
        `Binds exactly this diff, base, target and gate results: ${code(shortHash(approval.bindingHash))}`,
      ),
    ],
  })
}

function question({ record, members }: Scene, approval: Approval, title: string): string {
  const open = openPlaces(approval)
  const names = eligible(open, approval, members)
  const whom = names.length === 0 ? 'Nobody in access.yaml has that role: add somebody.' : list(names, 'or')
  const risk = record.gates === null ? '' : `Risk ${record.gates.risk.risk.toFixed(2)} (${approval.tier}). `
  return clip(
    `*✋ Approval needed: ${title}*\n${risk}${placesInWords(open)} decides: ${whom}\nExpires ${when(approval.expiresAtMs)}; nothing is changed before.`,
    2_900,
  )
}

function progress({ votes, quorum }: Approval): string {
  const cast = votes.map((vote) => `<@${vote.userId}> (${vote.role}) at ${when(vote.atMs)}`)
  const of = `${votes.length} of ${quorum.length}`
  return cast.length === 0 ? `*${of}* have approved` : `*${of}* approved: ${cast.join(', ')}`
}

/** How it ended, in one line, by whom. */
export function decision(approval: Approval): string {
  const { status, ended, votes } = approval
  const last = votes.at(-1)
  const by = ended === null ? '' : ` by ${who(ended.by)} at ${when(ended.atMs)}: ${line(ended.reason, 400)}`
  switch (status) {
    case 'approved':
      return `✅ Approved by ${list(votes.map((vote) => `<@${vote.userId}>`))}${last === undefined ? '' : ` at ${when(last.atMs)}`}`
    case 'rejected':
      return `❌ Rejected${by}`
    case 'expired':
      return ended === null ? '⌛ Expired' : `⌛ Expired at ${when(ended.atMs)}: ${line(ended.reason, 200)}`
    case 'void':
      return `🚫 Void${by}`
    case 'waiting':
      return '🚫 Not needed any more: the incident ended before anybody decided'
  }
}
