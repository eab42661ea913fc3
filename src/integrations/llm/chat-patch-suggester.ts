import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { toCcpError } from '../../pipeline/errors.ts'
import { chat } from './chat.ts'
import { extractDiff } from './extract-diff.ts'
import { promptFor } from './prompt.ts'
import type { PatchQuestion, PatchSuggester, SuggestedPatch } from '../../pipeline/planning/ports.ts'

export interface ModelAccess {
  /** Base of an OpenAI-compatible API, such as https://models.example.com/v1. */
  readonly url: string
  /** Null: the server asks for none. */
  readonly key: string | null
  readonly model: string
}

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullable() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
})

/**
 * Asks a chat model for a unified diff. Whatever goes wrong is an answer (`none` with the reason), for an incident must
 * not wait for a model. What the diff may touch is judged by the planning stage.
 */
export class ChatPatchSuggester implements PatchSuggester {
  readonly #access: ModelAccess

  constructor(access: ModelAccess) {
    this.#access = access
  }

  async suggest(question: PatchQuestion): Promise<SuggestedPatch> {
    const messages = promptFor(question, randomUUID())
    try {
      const reply = await chat(this.#access, messages, question.deadlineMs)
      return this.#read(reply)
    } catch (thrown) {
      return {
        kind: 'none',
        reason: `the model ${this.#access.model} gave no patch: ${toCcpError(thrown).message}`,
      }
    }
  }

  #read(reply: unknown): SuggestedPatch {
    const { model } = this.#access
    const parsed = answerSchema.safeParse(reply)
    if (!parsed.success)
      return { kind: 'none', reason: `the answer of ${model} is refused: it is no chat completion` }
    const [choice] = parsed.data.choices
    if (choice?.finish_reason === 'length')
      return { kind: 'none', reason: `the answer of ${model} is refused: it is cut off` }
    const content = choice?.message.content ?? ''
    if (/^\s*NONE\W*$/.test(content))
      return { kind: 'none', reason: `${model} says that no small change cures it` }
    const diff = extractDiff(content)
    return diff === null
      ? { kind: 'none', reason: `the answer of ${model} is refused: it holds no unified diff` }
      : { kind: 'suggested', diff, model }
  }
}
