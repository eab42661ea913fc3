import { localizeChange } from './localize-change.ts'
import { localizeTrace } from './localize-trace.ts'
import type { Diagnosis, Location, StageOutcome } from '../contracts.ts'
import type { ServiceDefinition } from '../services.ts'
import type { SourceRepository } from './ports.ts'
import type { LocalizationSettings } from './settings.ts'

export interface LocalizeDeps {
  readonly service: Pick<ServiceDefinition, 'name' | 'codeRoots'>
  readonly repository: SourceRepository
  /** The commit in production, from which the trace comes. */
  readonly deployedCommit: string
  /** The commit in production before it; null where that is not known. */
  readonly previousCommit: string | null
  readonly settings?: LocalizationSettings
}

/**
 * From the suspected cause to a file, line and symbol of the repository, with the commit to suspect: by the stack trace where
 * an exception is the fault, else by what the blamed release changed. Gives up, with the reason, where neither is known.
 * Throws CcpError `not-found` where the repository or one of the commits is missing.
 */
export async function localize(diagnosis: Diagnosis, deps: LocalizeDeps): Promise<StageOutcome<Location>> {
  const { stackTrace: trace, fault } = diagnosis
  // What a trace shows of slow answers or of a resource that ran out is a victim, not the place at fault.
  if (trace !== null && (fault === undefined || fault.kind === 'exception'))
    return localizeTrace(diagnosis, trace, deps)
  if (fault !== undefined && fault.kind !== 'exception') return localizeChange(diagnosis, fault, deps)
  return {
    kind: 'gaveUp',
    reason: `the logs of ${deps.service.name} hold no stack trace to follow into its code`,
  }
}
