import type { FiledGraph } from '../integrations/topology/graph-file.ts'
import { toCcpError, type CcpError } from '../pipeline/errors.ts'
import type { ServiceGraph } from '../pipeline/rca/ports.ts'
import { observationsOf } from '../pipeline/signals/service-graph.ts'

export interface KeepGraphDeps {
  /** The graph in this process. */
  readonly known: Pick<ServiceGraph, 'calls' | 'observe'>
  readonly file: {
    read(): Promise<FiledGraph | null>
    write(graph: FiledGraph): Promise<void>
  }
  /** Told of a file that cannot be read or written: once, until it can or the fault is another. */
  report(error: CcpError): void
  nowMs(): number
}

export interface GraphKeeper {
  /** What an earlier run of the bot had seen is known again; what services.yaml declares now is not touched. Never rejects. */
  restore(): Promise<void>
  /** Writes what is known now. Never rejects. */
  keep(): Promise<void>
}

/** Keeps what this process knows of the graph in a file: for its next start, and for `ccp graph`. */
export function keepGraph({ known, file, report, nowMs }: KeepGraphDeps): GraphKeeper {
  let fault: string | null = null
  let last: Promise<void> = Promise.resolve()

  function tell(thrown: unknown): void {
    const error = toCcpError(thrown)
    if (error.message !== fault) report(error)
    fault = error.message
  }

  async function write(): Promise<void> {
    try {
      await file.write({ keptAtMs: nowMs(), calls: await known.calls() })
      fault = null
    } catch (thrown) {
      tell(thrown)
    }
  }

  return {
    async restore() {
      try {
        const filed = await file.read()
        if (filed !== null) await known.observe(observationsOf(filed.calls))
      } catch (thrown) {
        tell(thrown)
      }
    },
    /** One after the other: they would rename the same file. */
    keep: () => (last = last.then(write)),
  }
}
