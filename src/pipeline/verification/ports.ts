import type { CounterReading } from '../contracts.ts'

/** Cumulative counters by version, read at one moment, as the router or mesh measured them. */
export interface TrafficCounters {
  /** One reading for each version that has any; throws CcpError `unavailable` when it cannot be read. */
  read(service: string, versions: readonly string[]): Promise<readonly CounterReading[]>
}
