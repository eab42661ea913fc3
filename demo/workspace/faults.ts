/** What a stand-in does wrong on purpose for the next few calls. */
export type FaultAnswer =
  | { readonly kind: 'rateLimited'; readonly retryAfterSec: number }
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  /** A refusal in the API's own shape, such as Slack's `fatal_error`. */
  | { readonly kind: 'error'; readonly error: string }
  /** The call takes effect, but its answer never comes: the connection drops after `holdMs`. */
  | { readonly kind: 'silentAfterAccepting'; readonly holdMs: number }
  /** The call takes effect and its answer comes late. */
  | { readonly kind: 'delay'; readonly delayMs: number }

export interface Fault {
  /** Slack method (`chat.postMessage`), or `METHOD /path` for PagerDuty; `*` matches all. */
  readonly on: string
  readonly times: number
  readonly answer: FaultAnswer
}

/** The faults still to be handed out, oldest first. */
export class Faults {
  #waiting: { on: string; left: number; answer: FaultAnswer }[] = []

  /** The next `times` calls of `on` get `answer` instead of the truth. */
  add(fault: Fault): void {
    this.#waiting.push({ on: fault.on, left: fault.times, answer: fault.answer })
  }

  clear(): void {
    this.#waiting = []
  }

  /** Takes the fault for this call, if one waits. */
  take(call: string): FaultAnswer | undefined {
    const fault = this.#waiting.find((entry) => entry.on === '*' || entry.on === call)
    if (!fault) return undefined
    fault.left -= 1
    if (fault.left <= 0) this.#waiting = this.#waiting.filter((entry) => entry !== fault)
    return fault.answer
  }
}
