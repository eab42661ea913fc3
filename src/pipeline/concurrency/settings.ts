export interface ConcurrencySettings {
  /** Blast radius: how many rollouts may run at once. */
  readonly maxOperations: number
  readonly lockTtlMs: number
  readonly lockRetryMs: number
  /** How long a claim of a command lives without being renewed. */
  readonly leaseMs: number
  /** Tries of a failing command before the machine gives it up, and the wait before the second; it doubles. */
  readonly maxAttempts: number
  readonly firstRetryMs: number
}
