import type { Approval, Role } from '../../pipeline/contracts.ts'
import type { Scene } from './scene.ts'
import { list, upperFirst } from './text.ts'

const ROLE: Readonly<Record<Role, string>> = { lead: 'a lead', 'on-call': 'somebody on call' }

/** "a lead and, besides, a lead or somebody on call". */
export function placesInWords(places: readonly (readonly Role[])[]): string {
  if (places.length === 0) return 'Nobody more'
  const words = places.map((place) =>
    list(
      place.map((role) => ROLE[role]),
      'or',
    ),
  )
  return upperFirst(words.join(' and, besides, '))
}

/** Who could fill these places: mentioned, so that Slack tells them. Ten at most. */
export function eligible(
  places: readonly (readonly Role[])[],
  approval: Approval,
  members: Scene['members'],
): readonly string[] {
  const voted = new Set(approval.votes.map((vote) => `${vote.teamId} ${vote.userId}`))
  const able = members.filter(
    (member) =>
      !voted.has(`${member.teamId} ${member.userId}`) && places.some((place) => place.includes(member.role)),
  )
  return [...new Set(able.map((member) => `<@${member.userId}>`))].slice(0, 10)
}
