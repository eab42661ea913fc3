/** What became of the requests since the last report. */
export interface LoadReport {
  readonly sent: number
  /** Not sent because too many requests were still waiting for an answer. */
  readonly dropped: number
  readonly byStatus: Readonly<Record<string, number>>
  /** Sent, but no answer came. */
  readonly unanswered: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

/** Collects the outcomes of requests between two reports. */
export class LoadStatistics {
  #sent = 0
  #dropped = 0
  #unanswered = 0
  #byStatus: Record<string, number> = {}
  #durationsMs: number[] = []

  sent(): void {
    this.#sent++
  }

  dropped(): void {
    this.#dropped++
  }

  unanswered(): void {
    this.#unanswered++
  }

  answered(status: number, durationMs: number): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1
    this.#durationsMs.push(durationMs)
  }

  /** The report since the last call, which starts the next one. */
  take(): LoadReport {
    const sorted = Float64Array.from(this.#durationsMs).sort()
    const report = {
      sent: this.#sent,
      dropped: this.#dropped,
      byStatus: this.#byStatus,
      unanswered: this.#unanswered,
      p50Ms: quantile(sorted, 0.5),
      p95Ms: quantile(sorted, 0.95),
      p99Ms: quantile(sorted, 0.99),
    }
    this.#sent = this.#dropped = this.#unanswered = 0
    this.#byStatus = {}
    this.#durationsMs = []
    return report
  }
}

/** The smallest value that at least a share `q` of the sorted values does not exceed (nearest rank); null for none. */
function quantile(sorted: Float64Array, q: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]
  return value === undefined ? null : Math.round(value * 100) / 100
}
