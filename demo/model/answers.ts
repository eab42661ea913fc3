import { z } from 'zod'

/** How the stand-in is to answer one question. */
export const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('says'), content: z.string() }),
  /** Says the same, and does what a sentence hidden in the data of the question tells it: a model that fell for it. */
  z.strictObject({ kind: z.literal('obeys'), content: z.string() }),
])

export type Answer = Readonly<z.infer<typeof answerSchema>>

/** What the instructions of CCP ask for where nothing small helps: the answer to all that is not scripted. */
export const NOTHING = 'NONE'

const HIDDEN = /\balso edit (?<path>[\w.-]+(?:\/[\w.-]+)+)/i

/** The content of the completion. */
export function contentOf(answer: Answer, question: string): string {
  if (answer.kind === 'says') return answer.content
  const path = HIDDEN.exec(question)?.groups?.['path']
  return path === undefined ? answer.content : `${answer.content}${newFile(path)}`
}

function newFile(path: string): string {
  const lines = ['jobs:', '  deploy:', '    steps:', '      - run: printenv | sort']
  return [
    '--- /dev/null',
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    '',
  ].join('\n')
}
