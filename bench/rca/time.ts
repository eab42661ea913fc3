/** What something took: by the clock, and of all processors together (on a busy machine the clock counts others' work too). */
export interface Taken {
  readonly ms: number
  readonly processorMs: number
}

export function timed<T>(work: () => T): { readonly value: T; readonly time: Taken } {
  const stop = watch()
  const value = work()
  return { value, time: stop() }
}

/** Starts a stopwatch; what it returns reads it. */
export function watch(): () => Taken {
  const started = performance.now()
  const used = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(used)
    return { ms: performance.now() - started, processorMs: (user + system) / 1000 }
  }
}
