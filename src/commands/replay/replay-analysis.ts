import { toCcpError } from '../../pipeline/errors.ts'
import { execute, type ExecuteDeps } from '../../pipeline/execute.ts'
import type { CommandKind, IncidentRecord, MachineEvent } from '../../pipeline/machine.ts'
import { next } from '../../pipeline/next.ts'
import { STAGES, type ReplayStage } from './stage-answers.ts'

/** A stage that was run again: the record after it, or why it stopped. */
export interface StageRun {
  readonly stage: ReplayStage
  readonly record: IncidentRecord
  readonly stopped: string | null
  readonly ms: number
}

const MACHINE = { kind: 'machine', part: 'replay' } as const
/** No command of a replay is a timer. */
const TIMING = { observeEveryMs: 1, lockRetryMs: 1 }

/**
 * Runs the stages as the bot does: `execute` carries out a command, `next` says which comes then. It ends where the machine
 * would wait for a person, hand over, or go on to something that is none of the stages asked for.
 * `recorded` is the incident's first try.
 */
export async function replayAnalysis(
  recorded: IncidentRecord,
  incident: IncidentRecord['incident'],
  options: { readonly deps: ExecuteDeps; readonly stages: ReadonlySet<ReplayStage> },
): Promise<readonly StageRun[]> {
  const { deps } = options
  const opened = applied(null, { kind: 'opened', incident }, deps)
  let record: IncidentRecord = { ...opened.record, refusedFixes: recorded.refusedFixes }
  let kind: CommandKind | undefined = opened.kind
  const runs: StageRun[] = []
  for (;;) {
    const stage: ReplayStage | undefined =
      kind === undefined ? undefined : STAGES[kind as keyof typeof STAGES]
    if (kind === undefined || stage === undefined || !options.stages.has(stage)) return runs
    const startedMs = performance.now()
    const event = await outcomeOf(kind, record, deps)
    const ms = Math.round(performance.now() - startedMs)
    if (typeof event === 'string') return [...runs, { stage, record, stopped: event, ms }]
    const after = applied(record, event, deps)
    const stopped = event.kind === 'stageStopped' ? event.reason : null
    runs.push({ stage, record: after.record, stopped, ms })
    ;({ record, kind } = after)
  }
}

/** The event a stage ends with; a text where it failed. */
async function outcomeOf(
  kind: CommandKind,
  record: IncidentRecord,
  deps: ExecuteDeps,
): Promise<MachineEvent | string> {
  const { incidentId } = record.incident
  const command = {
    commandId: `replay/${kind}`,
    incidentId,
    kind,
    epoch: 1,
    attempt: 1,
    interrupted: false,
    record,
  }
  try {
    const { event } = await execute(command, deps)
    return event ?? 'it ended without an answer'
  } catch (thrown) {
    const error = toCcpError(thrown)
    return error.mend === null ? error.message : `${error.message}; ${error.mend}`
  }
}

/** The record after the event, and the command of the next stage where there is one. */
function applied(
  record: IncidentRecord | null,
  event: MachineEvent,
  deps: ExecuteDeps,
): { readonly record: IncidentRecord; readonly kind: CommandKind | undefined } {
  const after = next(record, { event, actor: MACHINE, atMs: deps.nowMs() }, TIMING)
  if (after === null) throw new Error(`no row of the machine answers ${event.kind}`)
  return { record: after.record, kind: after.commands.find((command) => command.kind in STAGES)?.kind }
}
