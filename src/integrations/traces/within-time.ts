export interface WithinTime<R> {
  /** One for each item, in their order; undefined where the time was over before. */
  readonly answers: readonly (R | undefined)[]
  /** How many of them there are. */
  readonly came: number
}

/**
 * Does `work` for the items, in their order, so many at a time, until all are done or the time is over; what is under way then is
 * aborted. The first fault aborts the rest and is thrown.
 */
export async function withinTime<T, R>(
  items: readonly T[],
  { parallel, deadlineMs }: { readonly parallel: number; readonly deadlineMs: number },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<WithinTime<R>> {
  const late = AbortSignal.timeout(Math.max(1, Math.round(deadlineMs)))
  const stopped = new AbortController()
  const signal = AbortSignal.any([late, stopped.signal])
  const answers: (R | undefined)[] = items.map(() => undefined)
  let came = 0
  const left = items.entries() // shared: each worker takes the next one
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) {
      if (signal.aborted) return
      try {
        answers[at] = await work(item, signal)
        came += 1
      } catch (thrown) {
        if (late.aborted) return
        stopped.abort()
        throw thrown
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker))
  return { answers, came }
}
