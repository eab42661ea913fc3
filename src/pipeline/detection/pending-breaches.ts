interface Breach {
  readonly sinceMs: number
  seenMs: number
  told: boolean
}

/** A breach that nobody looked at for this many times the usual interval is not known to have lasted. */
const MOST_MISSED_LOOKS = 3

/** Which values are out of bounds since when: what `for` is counted by. Forgotten with the process, which delays an alert. */
export class PendingBreaches {
  readonly #everyMs: number
  readonly #breaches = new Map<string, Breach>()

  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  /**
   * Takes what is out of bounds at one look of a watch, by the keys of its series; what is not named is within bounds, or has no
   * value. Answers those that have just been out of bounds for long enough, each once for an uninterrupted breach.
   */
  take(
    watch: string,
    keys: readonly string[],
    { forMs, atMs }: { readonly forMs: number; readonly atMs: number },
  ): ReadonlyMap<string, number> {
    const ids = new Map(keys.map((key) => [`${watch}\n${key}`, key]))
    for (const id of this.#breaches.keys())
      if (id.startsWith(`${watch}\n`) && !ids.has(id)) this.#breaches.delete(id)
    const ripe = new Map<string, number>()
    for (const [id, key] of ids) {
      const breach = this.#seen(id, atMs)
      if (breach.told || atMs - breach.sinceMs < forMs) continue
      breach.told = true
      ripe.set(key, breach.sinceMs)
    }
    return ripe
  }

  #seen(id: string, atMs: number): Breach {
    const before = this.#breaches.get(id)
    const isUnbroken = before !== undefined && atMs - before.seenMs <= MOST_MISSED_LOOKS * this.#everyMs
    const breach = isUnbroken ? before : { sinceMs: atMs, seenMs: atMs, told: before?.told ?? false }
    breach.seenMs = atMs
    this.#breaches.set(id, breach)
    return breach
  }
}
