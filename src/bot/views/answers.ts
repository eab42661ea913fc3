import type { KnownBlock } from '@slack/types'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { context, section } from './blocks.ts'
import { linked } from './scene.ts'
import { stateWords } from './state-words.ts'
import { code, count, line, plural, when } from './text.ts'

/** What is said in answer to a command or a mention. */
export interface AnswerView {
  readonly text: string
  readonly blocks: readonly KnownBlock[]
}

const SHOWN = 20

/** The open incidents, newest first, each with a link to its thread. */
export function statusAnswer(
  records: readonly IncidentRecord[],
  link: (incidentId: string) => string | null,
): AnswerView {
  if (records.length === 0) return answer('No open incident.', ['✅ No open incident.'])
  const lines = records.slice(0, SHOWN).map((record) => {
    const { emoji, words } = stateWords(record)
    const title = linked(
      link(record.incident.incidentId),
      line(record.incident.title, 150).replaceAll('|', '¦'),
    )
    return `${emoji} ${title}: *${words}* since ${when(record.stateSinceMs)}`
  })
  const left = records.length - SHOWN
  const title = plural(records.length, 'open incident')
  return answer(title, [`*${title}*`, ...lines, ...(left > 0 ? [`and ${left} more`] : [])])
}

export function helpAnswer(): AnswerView {
  return answer('What I can do', [
    '*What I can do*',
    '`/ccp status`: the open incidents, with links to their threads',
    '`/ccp audit`: verifies the audit chain, and writes its head into the channel as a receipt',
    '`/ccp help`: this',
    'Everything else is done with the buttons of an incident. Mention me with `status` or `audit` for the same in a thread.',
  ])
}

export interface AuditFacts {
  readonly rows: number
  readonly valid: boolean
  readonly head: string
  readonly firstBad: { readonly seq: number; readonly why: string } | null
}

/** Posted where all can see it: from then on Slack holds a copy of the head that no change of the database reaches. */
export function auditAnswer(chain: AuditFacts, askedBy: string, nowMs: number): AnswerView {
  if (!chain.valid) {
    const bad = chain.firstBad
    const where = bad === null ? '' : ` The first bad row is *${bad.seq}*: ${line(bad.why)}.`
    const text = `❌ The audit chain does not hold.${where} The ${plural(chain.rows, 'row')} before it are intact. Keep the database file as it is and look into it with \`ccp audit verify\`.`
    return answer('The audit chain does not hold', [text])
  }
  return {
    ...answer('The audit chain is intact', [
      `✅ The audit chain is intact: ${plural(chain.rows, 'row')}, every hash recomputed.`,
      `*Head* ${code(chain.head)}`,
    ]),
    blocks: [
      section(
        `✅ *The audit chain is intact*: ${plural(chain.rows, 'row')}, every hash recomputed.\n*Head* (row ${count(chain.rows)}) ${code(chain.head)}`,
      ),
      ...context(
        `Receipt: asked for by <@${askedBy}>, verified ${when(nowMs)}. Row ${count(chain.rows)} must have this hash for ever; \`ccp audit verify\` prints it.`,
      ),
    ],
  }
}

function answer(summary: string, lines: readonly string[]): AnswerView {
  const text = lines.join('\n')
  return { text: text === '' ? summary : text.slice(0, 3_900), blocks: [section(text)] }
}
