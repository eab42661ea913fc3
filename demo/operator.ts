import { findButton, press } from './act-script.ts'
import type { Demo } from './start-demo.ts'

/** A person reads before approving; the script does not pretend to. */
const ON_CALL = 'UONCALL001'
const LEAD = 'ULEAD00001'
const BUTTON_TIMEOUT_MS = 90_000
const END_TIMEOUT_MS = 180_000
const ENDED = /Resolved after|Handed over to a person/

/** The scripted people of a headless run: they see the thread, and click in it. */
export class Operator {
  readonly #demo: Demo
  readonly #say: (text: string) => void
  /** What the button of an action carried when it was pressed last. */
  readonly #pressed = new Map<string, string>()

  constructor(demo: Demo, say: (text: string) => void) {
    this.#demo = demo
    this.#say = say
  }

  /** Waits for a button of that action that was not pressed yet, and presses it; false where the incident ended before. */
  async press(actionId: string, as: 'on-call' | 'lead' = 'on-call'): Promise<boolean> {
    const user = as === 'lead' ? LEAD : ON_CALL
    const before = this.#pressed.get(actionId) ?? null
    const value = await Promise.race([
      press(this.#demo, user, actionId, BUTTON_TIMEOUT_MS, before),
      this.untilEnded().then(() => null),
    ])
    if (value === null) return false
    this.#pressed.set(actionId, value)
    this.#say(`${actionId}: pressed as ${as}`)
    return true
  }

  /** What the thread and the channel say now, as the JSON of their blocks. */
  thread(): string {
    return this.#messages()
      .map(({ blocks, text }) => JSON.stringify(blocks ?? text ?? ''))
      .join('\n')
  }

  /** Waits for words in the thread. */
  async untilSaid(words: RegExp, timeoutMs = BUTTON_TIMEOUT_MS): Promise<void> {
    await this.#demo.workspace.waitFor(
      () => words.test(this.thread()),
      timeoutMs,
      `the thread to say ${words}`,
    )
  }

  /** The thread's last message, and the page: resolved, or with the note that hands over. */
  async untilEnded(): Promise<void> {
    const { workspace } = this.#demo
    const told = () => this.#messages().some(({ blocks }) => ENDED.test(JSON.stringify(blocks ?? [])))
    const paged = () => {
      const page = workspace.pagerduty.incidents().at(-1)
      return page !== undefined && workspace.pagerduty.notes(page.id).length > 0
    }
    // The last edits travel at Slack's pace: the thread has settled once it offers nothing that is over.
    const settled = () =>
      ['pause', 'rollBack', 'approve'].every((action) => findButton(this.#demo, action) === null)
    await workspace.waitFor(() => told() && paged() && settled(), END_TIMEOUT_MS, 'the end of the incident')
  }

  #messages() {
    const { workspace } = this.#demo
    return workspace.messages(workspace.channels[0]?.id ?? '')
  }
}

/** What people do where a scenario says nothing else: the on-call engineer approves whatever is asked, until the end. */
export async function approveAndWait(operator: Operator): Promise<void> {
  while (await operator.press('approve'));
}
