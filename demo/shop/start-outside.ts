import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { startChild } from '../child-process.ts'

/** How a company outside answers; what is left out is as on a good day. */
export interface Behaviour {
  readonly delayMs?: number
  /** Share of the requests that the delay meets; all where it is left out. */
  readonly slowRatio?: number
  readonly failRatio?: number
  readonly body?: unknown
}

/** The companies that the shop calls: `<url>/<company>/...`. */
export interface Outside {
  readonly url: string
  behave(company: string, behaviour: Behaviour): Promise<void>
  /** All well again; false where all was. */
  restore(): Promise<boolean>
  stop(): Promise<void>
}

const readySchema = z.object({ port: z.number() })
const SCRIPT = fileURLToPath(new URL('./outside.ts', import.meta.url))

export async function startOutside(logFile: string): Promise<Outside> {
  const child = await startChild(SCRIPT, [], { env: process.env, logFile })
  const url = `http://127.0.0.1:${readySchema.parse(child.ready).port}`
  const disturbed = new Set<string>()
  const put = async (company: string, behaviour: Behaviour): Promise<void> => {
    const answer = await fetch(`${url}/admin/${company}`, { method: 'PUT', body: JSON.stringify(behaviour) })
    if (!answer.ok) throw new Error(`the outside refuses: ${await answer.text()}`)
  }
  return {
    url,
    async behave(company, behaviour) {
      disturbed.add(company)
      await put(company, behaviour)
    },
    async restore() {
      const changed = disturbed.size > 0
      for (const company of disturbed) await put(company, {})
      disturbed.clear()
      return changed
    },
    stop: () => child.stop(),
  }
}
