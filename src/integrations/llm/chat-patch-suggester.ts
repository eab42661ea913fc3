import { randomUUID } from 'node:crypto'
import { toCcpError } from '../../pipeline/errors.ts'
import { chat, completionOf, type ChatAccess } from './chat.ts'
import { extractDiff } from './extract-diff.ts'
import { promptFor } from './prompt.ts'
import type { PatchQuestion, PatchSuggester, SuggestedPatch } from '../../pipeline/planning/ports.ts'

/**
 * Asks a chat model for a unified diff. Whatever goes wrong is an answer (`none` with the reason), for an incident must
 * not wait for a model. What the diff may touch is judged by the planning stage.
 */
export class ChatPatchSuggester implements PatchSuggester {
  readonly #access: ChatAccess

  constructor(access: ChatAccess) {
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
    const completion = completionOf(reply, model)
    if (completion.kind === 'none') return completion
    if (/^\s*NONE\W*$/.test(completion.text))
      return { kind: 'none', reason: `${model} says that no small change cures it` }
    const diff = extractDiff(completion.text)
    return diff === null
      ? { kind: 'none', reason: `the answer of ${model} is refused: it holds no unified diff` }
      : { kind: 'suggested', diff, model }
  }
}
