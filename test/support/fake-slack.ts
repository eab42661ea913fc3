import { CcpError } from '../../src/pipeline/errors.ts'
import type { MessageBlock } from '../../src/bot/views/blocks.ts'
import type { OutgoingMessage, SlackPort } from '../../src/bot/delivery/slack-port.ts'

export interface FakeMessage extends OutgoingMessage {
  readonly ts: string
  readonly threadTs: string | null
  readonly edits: number
}

/** What the fake does instead of the truth; taken in order, one for each call of that kind. */
export type Mishap =
  /** The call has no effect and fails. */
  | { readonly on: 'post' | 'update' | 'upload'; readonly fail: CcpError }
  /** The call has its effect, but the answer is lost. */
  | { readonly on: 'post' | 'update'; readonly loseAnswer: true }
  | { readonly on: 'post' | 'update'; readonly refuse: 'content' | 'image' }
  /** The process is gone: this call has its effect, and nothing after it ever answers. */
  | { readonly on: 'post' | 'update'; readonly killAfter: true }

/** Slack's part that the delivery sees, in memory. */
export interface FakeSlack extends SlackPort {
  readonly messages: FakeMessage[]
  readonly calls: string[]
  readonly uploads: string[]
  mishaps: Mishap[]
  /** Held calls wait for this. */
  hold: Promise<void> | null
  delete(ts: string): void
  byKey(key: string): FakeMessage | undefined
}

export function fakeSlack(): FakeSlack {
  let clock = 0
  let killed = false
  const messages: FakeMessage[] = []

  async function mishap<T>(on: Mishap['on'], effect: () => T): Promise<T | Mishap> {
    if (fake.hold !== null) await fake.hold
    if (killed) return await new Promise<never>(() => undefined)
    const index = fake.mishaps.findIndex((each) => each.on === on)
    const found = index < 0 ? undefined : fake.mishaps.splice(index, 1)[0]
    if (found === undefined) return effect()
    if ('fail' in found) throw found.fail
    if ('refuse' in found) return found
    effect()
    if ('loseAnswer' in found) throw new CcpError('unavailable', 'the answer was lost')
    killed = true
    return await new Promise<never>(() => undefined)
  }

  const fake: FakeSlack = {
    messages,
    calls: [],
    uploads: [],
    mishaps: [],
    hold: null,
    delete(ts) {
      const index = messages.findIndex((message) => message.ts === ts)
      if (index >= 0) messages.splice(index, 1)
    },
    byKey: (key) => messages.find((message) => message.key.startsWith(key)),
    async post(message) {
      fake.calls.push(`post ${message.incidentId} ${message.key}`)
      const done = await mishap('post', () => {
        const ts = `100.${String(++clock).padStart(6, '0')}`
        // Like Slack: a reply to a thread that is gone is taken, beside the thread.
        const inThread = messages.some((each) => each.ts === message.threadTs)
        const posted = { ...message, ts, threadTs: inThread ? message.threadTs : null, edits: 0 }
        messages.push(posted)
        return { kind: 'sent' as const, ts, threadTs: posted.threadTs }
      })
      return 'on' in done ? refusal(done) : done
    },
    async update(message) {
      fake.calls.push(`update ${message.incidentId} ${message.key}`)
      const done = await mishap('update', () => {
        const index = messages.findIndex((each) => each.ts === message.ts)
        const old = messages[index]
        if (old === undefined) return { kind: 'messageGone' as const }
        messages[index] = { ...old, ...message, edits: old.edits + 1 }
        return { kind: 'sent' as const }
      })
      return 'on' in done ? refusal(done) : done
    },
    async remove(_, ts) {
      fake.calls.push('remove')
      fake.delete(ts)
    },
    async find({ incidentId, key }) {
      fake.calls.push(`find ${incidentId} ${key}`)
      return messages.findLast((each) => each.incidentId === incidentId && each.key === key)?.ts ?? null
    },
    async upload({ filename }) {
      await mishap('upload', () => fake.uploads.push(filename))
      return `F${fake.uploads.length}`
    },
  }
  return fake
}

function refusal(mishap: Mishap) {
  const part = 'refuse' in mishap ? mishap.refuse : 'content'
  return { kind: 'refused' as const, part, detail: `invalid_blocks (${part})` }
}

export const blockTypes = (
  message: { readonly blocks: readonly MessageBlock[] } | undefined,
): readonly string[] => (message?.blocks ?? []).map((block) => block.type)
