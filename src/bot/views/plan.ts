import type { FixCandidate, FixPlan, FixStrategy } from '../../pipeline/contracts.ts'
import { context, section, table } from './blocks.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import { line, percent } from './text.ts'

const SHOWN = 8

const STRATEGY: Readonly<Record<FixStrategy, string>> = {
  template: 'Template',
  'revert-commit': 'Revert',
  'roll-back-deploy': 'Roll back',
  'ai-patch': 'AI patch',
  'config-change': 'Config',
}

/** The fixes compared, the chosen one marked; what cannot be done is told in small print. */
export function planMessage(plan: FixPlan): DesiredMessage {
  const chosen = plan.candidates.find((each) => each.candidateId === plan.chosenId)
  const possible = plan.candidates.filter((each) => each.unavailable === null)
  return desiredMessage({
    key: 'plan',
    summary: `${first(plan)}: ${line(chosen?.title ?? 'none')}`,
    blocks: [
      section(
        chosen === undefined
          ? '*No fix can be carried out.*'
          : `*${first(plan)}: ${line(chosen.title, 300)}*\n${line(chosen.rationale, 900)}${afterwards(plan)}`,
      ),
      ...comparison(possible, chosen),
      ...context(
        plan.lastingId === undefined ? whyChosen(possible, chosen) : '',
        tooMany(possible),
        impossible(plan),
      ),
    ],
  })
}

function first({ lastingId }: FixPlan): string {
  return lastingId === undefined ? 'Proposed fix' : 'Proposed first'
}

/** Where the chosen one only stops the pain: what is proposed then. */
function afterwards({ candidates, lastingId }: FixPlan): string {
  const lasting = candidates.find(({ candidateId }) => candidateId === lastingId)
  return lasting === undefined
    ? ''
    : ` That stops the pain; then the lasting fix is proposed: ${line(lasting.title, 300)}.`
}

function comparison(possible: readonly FixCandidate[], chosen: FixCandidate | undefined) {
  if (possible.length === 0) return []
  const rows = possible.slice(0, SHOWN).map((each) => rowOf(each, each === chosen))
  return [table(['Fix', 'Will it work?', 'Drawbacks'], rows, 300)]
}

function rowOf(candidate: FixCandidate, chosen: boolean): readonly string[] {
  const { confidence, confidenceBasis, drawbacks } = candidate
  return [
    `${chosen ? '✅ ' : ''}${named(candidate)}`,
    `${percent(confidence)} (${confidenceBasis})`,
    drawbacks.join('; ') || 'none known',
  ]
}

/** "Template: Guard ...", but not "Revert: Revert ...". */
function named({ strategy, title }: FixCandidate): string {
  const words = STRATEGY[strategy]
  return title.toLowerCase().startsWith(words.toLowerCase()) ? title : `${words}: ${title}`
}

/** Only where the numbers alone would have led a reader to another. */
function whyChosen(possible: readonly FixCandidate[], chosen: FixCandidate | undefined): string {
  if (chosen === undefined || possible.every((each) => each.confidence <= chosen.confidence)) return ''
  return 'Why not the most probable: a larger change costs more, so the smallest that cures comes first'
}

function tooMany(possible: readonly FixCandidate[]): string {
  return possible.length > SHOWN ? `${possible.length - SHOWN} more were considered` : ''
}

function impossible({ candidates }: FixPlan): string {
  const words = candidates.flatMap((each) =>
    each.unavailable === null ? [] : [`${named(each)} (${each.unavailable})`],
  )
  return words.length === 0 ? '' : `Not possible: ${line(words.join('; '), 900)}`
}
