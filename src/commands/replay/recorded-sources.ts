import { CcpError } from '../../pipeline/errors.ts'
import type { DiagnoseDeps } from '../../pipeline/rca/diagnose.ts'
import { LAST_KNOWN_GRAPH } from '../../pipeline/rca/gather-case.ts'
import type { RcaSettings } from '../../pipeline/rca/settings.ts'
import type { ServiceDefinition } from '../../pipeline/services.ts'
import type { Recording } from './read-recording.ts'

/**
 * The sources of a diagnosis as they answered then: those that were silent are silent again. Where today's configuration asks
 * for a shorter history than was recorded, they give only that.
 */
export function recordedSources(
  recording: Recording,
  today: { readonly services: readonly ServiceDefinition[]; readonly settings: RcaSettings },
): DiagnoseDeps {
  const { incidentCase, gather, tracing } = recording
  const { settings } = today
  const silent = (what: string): Promise<never> | null => silence(recording, what)
  // What was old, unknown or left out then is so still.
  const toldOf = (what: string): readonly string[] =>
    recording.missing.filter((text) => text.startsWith(`${what}: `))
  const since = <T>(items: readonly T[], at: (item: T) => number, fromMs: number, shorter: boolean) =>
    shorter ? items.filter((item) => at(item) * 1000 >= fromMs) : items
  const isShorter = (
    name: 'metricHistoryMs' | 'logHistoryMs' | 'spanHistoryMs' | 'changeHistoryMs',
  ): boolean => settings.gather[name] < gather[name]
  return {
    ...today,
    spans: tracing
      ? {
          spansBetween: async ({ fromMs, limit }, lack) => {
            for (const told of toldOf('sample of traces')) lack?.(told)
            return (
              (await silent('traces')) ??
              newest(
                since(incidentCase.spans, ({ t }) => t, fromMs, isShorter('spanHistoryMs')),
                limit,
              )
            )
          },
        }
      : null,
    knownCauses: () => incidentCase.known ?? [],
    metrics: {
      seriesBetween: async ({ fromMs }) =>
        (await silent('metrics')) ??
        incidentCase.metrics.map((series) => {
          if (!isShorter('metricHistoryMs')) return series
          const first = series.t.findIndex((t) => t * 1000 >= fromMs)
          const from = first === -1 ? series.t.length : first
          return { ...series, t: series.t.slice(from), v: series.v.slice(from) }
        }),
    },
    logs: [
      ...(incidentCase.logs.length === 0
        ? []
        : [
            {
              linesBetween: async ({ fromMs, limit }: { fromMs: number; limit: number }) =>
                newest(
                  since(incidentCase.logs, ({ t }) => t, fromMs, isShorter('logHistoryMs')),
                  limit,
                ),
            },
          ]),
      // Beside a source of logs that answered, another may have been silent.
      { linesBetween: async () => (await silent('logs')) ?? [] },
    ],
    changes: [
      {
        changesBetween: async ({ fromMs }, lack) => {
          for (const told of toldOf('commits')) lack?.(told)
          return since(incidentCase.changes, ({ at }) => at, fromMs, isShorter('changeHistoryMs'))
        },
      },
      // Beside a source of changes that answered, another may have been silent.
      { changesBetween: async () => (await silent('changes')) ?? [] },
    ],
    topology: {
      topology: async () =>
        (await silent('service graph')) ?? {
          ...(incidentCase.topology ?? { nodes: [], edges: [] }),
          ...outdatedThen(recording),
        },
    },
    // The stretches of earlier incidents are left out of the recorded metrics already.
    pastIncidents: () => ({
      stretches: [],
      causes: incidentCase.history ?? [],
      judged: incidentCase.judged ?? [],
    }),
    nowMs: () => Math.round(incidentCase.detectedAt * 1000),
  }
}

/** Rejects as the source did then; null where it answered. The words are those of `gatherCase`: "source: fault; lack". */
function silence({ missing }: Recording, what: string): Promise<never> | null {
  const told = missing.find((text) => text.startsWith(`${what}: `))
  if (told === undefined) return null
  const fault = told.slice(what.length + 2, told.lastIndexOf('; '))
  return Promise.reject(new CcpError('unavailable', fault))
}

function outdatedThen({ missing }: Recording): { readonly outdated?: string } {
  const told = missing.find((text) => text.startsWith(LAST_KNOWN_GRAPH))
  return told === undefined ? {} : { outdated: told.slice(LAST_KNOWN_GRAPH.length) }
}

function newest<T>(items: readonly T[], limit: number): readonly T[] {
  return items.length > limit ? items.slice(items.length - limit) : items
}
