import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { startChild } from '../child-process.ts'
import type { Answer } from './answers.ts'

/** A language model that says what it is told to; the bot knows it by URL, name and key, as it would know any. */
export interface Model {
  readonly url: string
  readonly name: string
  readonly key: string
  /** One answer for each question to come; NONE to the others. Forgets what was left of those before. */
  answers(answers: readonly Answer[]): Promise<void>
  stop(): Promise<void>
}

const readySchema = z.object({ port: z.number() })
const SCRIPT = fileURLToPath(new URL('./model.ts', import.meta.url))
const NAME = 'stand-in-1'
const KEY = 'demo-model-key'

export async function startModel(logFile: string): Promise<Model> {
  const child = await startChild(SCRIPT, ['--key', KEY, '--model', NAME], { env: process.env, logFile })
  const url = `http://127.0.0.1:${readySchema.parse(child.ready).port}`
  return {
    url: `${url}/v1`,
    name: NAME,
    key: KEY,
    async answers(answers) {
      const answer = await fetch(`${url}/admin/answers`, { method: 'PUT', body: JSON.stringify(answers) })
      if (!answer.ok) throw new Error(`the model refuses: ${await answer.text()}`)
    },
    stop: () => child.stop(),
  }
}
