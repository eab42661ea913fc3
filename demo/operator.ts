import { findButtons, press } from './act-script.ts'
import type { AlertRule } from './alert-rule.ts'
import type { Demo } from './start-demo.ts'
import type { Shop } from './start-shop.ts'

/** A person reads before approving; the script does not pretend to. */
const ON_CALL = 'UONCALL001'
const LEAD = 'ULEAD00001'
const BUTTON_TIMEOUT_MS = 90_000
const END_TIMEOUT_MS = 180_000
const ENDED = /\*(Resolved|Over to you|Closed)\* since/
/** Offered where an incident was handed over: there is no sooner end to wait for. */
const AFTER_THE_END = ['retry', 'nextFix']

/** What only the message in the channel has. */
const ROOT = /\*What next\*/

/** The scripted people of a headless run: they see the thread, and click in it. */
export class Operator {
  readonly #demo: Demo
  readonly #say: (text: string) => void
  /** What the buttons carried that were pressed. */
  readonly #pressed = new Set<string>()

  constructor(demo: Demo, say: (text: string) => void) {
    this.#demo = demo
    this.#say = say
  }

  /** Waits for a button of that action that was not pressed yet, and presses it; false where all ended before. */
  async press(
    actionId: string,
    { as = 'on-call', oldestFirst = false }: { as?: 'on-call' | 'lead'; oldestFirst?: boolean } = {},
  ): Promise<boolean> {
    const userId = as === 'lead' ? LEAD : ON_CALL
    // Only an approval says by what it carries which one it is; the others go when they are taken.
    const pressed = actionId === 'approve' ? this.#pressed : new Set<string>()
    const isOver = AFTER_THE_END.includes(actionId) ? () => false : () => this.#isOver()
    const timeoutMs = BUTTON_TIMEOUT_MS
    const value = await press(this.#demo, { userId, actionId, timeoutMs, pressed, oldestFirst, isOver })
    if (value === null) return false
    this.#pressed.add(value)
    this.#say(`${actionId}: pressed as ${as}`)
    return true
  }

  /** Waits until so many incidents ask for an approval. */
  async untilAsked(incidents: number): Promise<void> {
    const asked = () => findButtons(this.#demo, 'approve').length >= incidents
    await this.#demo.workspace.waitFor(asked, BUTTON_TIMEOUT_MS, `${incidents} questions for approval`)
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

  /** Every incident's message in the channel says that it is over, and every page has its note. */
  async untilEnded(): Promise<void> {
    await this.#demo.workspace.waitFor(() => this.#isOver(), END_TIMEOUT_MS, 'the end of the incident')
  }

  #isOver(): boolean {
    const { pagerduty } = this.#demo.workspace
    const pages = pagerduty.incidents()
    const roots = this.#messages().filter(({ blocks }) => ROOT.test(JSON.stringify(blocks ?? [])))
    const told = roots.every(({ blocks }) => ENDED.test(JSON.stringify(blocks ?? [])))
    const noted = pages.every(({ id }) => pagerduty.notes(id).length > 0)
    // The last edits travel at Slack's pace: a thread has settled once it offers nothing that is over.
    const settled = ['pause', 'rollBack', 'approve'].every(
      (action) => findButtons(this.#demo, action).length === 0,
    )
    return pages.length > 0 && roots.length >= pages.length && told && noted && settled
  }

  /** Another fault while an incident is open: puts the release into production and waits until monitoring has paged. */
  async breakMore(release: (shop: Shop) => Promise<void>, rule: AlertRule): Promise<void> {
    await release(this.#demo.shop)
    this.#say(`paged: ${await this.#demo.pageWhenBroken(rule)}`)
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
