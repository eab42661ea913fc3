import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { toCcpError } from '../../pipeline/errors.ts'
import { chat, completionOf, type ChatAccess } from './chat.ts'
import { reviewPrompt } from './review-prompt.ts'
import type { DiagnosisReviewer, ReviewAnswer, ReviewQuestion } from '../../pipeline/rca/ports.ts'

const MOST_NAMES = 20
const MAX_SUMMARY = 4_000

const answerSchema = z.object({
  order: z.array(z.string().min(1)).min(1).max(MOST_NAMES),
  summary: z.string().max(MAX_SUMMARY).default(''),
})

/**
 * Asks a chat model to order the candidates of a diagnosis and to word a summary. Whatever goes wrong is an answer (`none`
 * with the reason). Whether the answer may be used is judged by the diagnosis.
 */
export class ChatDiagnosisReviewer implements DiagnosisReviewer {
  readonly model: string
  readonly #access: ChatAccess

  constructor(access: ChatAccess) {
    this.model = access.model
    this.#access = access
  }

  async review(question: ReviewQuestion): Promise<ReviewAnswer> {
    try {
      const reply = await chat(this.#access, reviewPrompt(question, randomUUID()), question.deadlineMs)
      const completion = completionOf(reply, this.model)
      return completion.kind === 'none' ? completion : readAnswer(completion.text)
    } catch (thrown) {
      return { kind: 'none', reason: toCcpError(thrown).message }
    }
  }
}

function readAnswer(text: string): ReviewAnswer {
  const answer = answerSchema.safeParse(jsonIn(text))
  if (answer.success) return { kind: 'answered', ...answer.data }
  return { kind: 'none', reason: 'the answer is not the JSON that was asked for' }
}

/** The JSON object of an answer, with or without words or a fence around it. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  } catch {
    return null // No schema accepts it: the reason says the rest.
  }
}
