import type { Attempt } from './contracts.ts'

/** Why each attempt at an incident came to nothing: what was done, what ended it and what the gates found. */
export function earlierTries(attempts: readonly Attempt[]): readonly string[] {
  return attempts.flatMap(whyItEnded)
}

function whyItEnded({ handOver, rollout, patch, gates }: Attempt): readonly string[] {
  const why = handOver?.reason ?? rollout?.rollbackReason ?? null
  if (why === null) return []
  const failed = (gates?.results ?? []).filter(({ status }) => status === 'failed')
  const found = failed.map(({ gate, summary }) => ` (${gate}: ${summary})`).join('')
  return [`${patch === null ? '' : `${patch.title}: `}${why}${found}`]
}
