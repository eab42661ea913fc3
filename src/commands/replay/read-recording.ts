import { existsSync } from 'node:fs'
import { z } from 'zod'
import { RECORDING_VERSION, type DeployedReleases } from '../../integrations/recordings/recording-text.ts'
import { recordingFile } from '../../integrations/recordings/recordings.ts'
import type { Incident } from '../../pipeline/contracts.ts'
import { CcpError } from '../../pipeline/errors.ts'
import type { SeenCase } from '../../pipeline/rca/ports.ts'
import { caseOf, readCaseJson } from '../case-file.ts'

/** What a diagnosis saw, read back from its file. */
export interface Recording extends SeenCase {
  readonly recordedAtMs: number
  readonly deployed: DeployedReleases
}

const source = z.union([
  z.object({ kind: z.literal('pagerduty'), pagerdutyId: z.string(), htmlUrl: z.string().nullable() }),
  z.object({
    kind: z.literal('alertmanager'),
    fingerprint: z.string(),
    startsAtMs: z.number(),
    groupKey: z.string(),
    url: z.string().nullable(),
  }),
  z.object({ kind: z.literal('error-rate-watch') }),
  z.object({ kind: z.literal('metric-watch'), watch: z.string(), series: z.string() }),
])
const incident: z.ZodType<Incident> = z.looseObject({
  incidentId: z.string(),
  title: z.string(),
  service: z.string().nullable(),
  urgency: z.enum(['high', 'low']),
  source,
  detectedAtMs: z.number(),
  signals: z.array(
    z.object({ source, service: z.string().nullable(), summary: z.string(), atMs: z.number() }),
  ),
})
const milliseconds = z.number()
const envelope = z.object({
  recording: z.object({
    version: z.literal(
      RECORDING_VERSION,
      `is of another version; this one reads version ${RECORDING_VERSION}`,
    ),
    recordedAtMs: z.number(),
    deployed: z.record(z.string(), z.object({ commit: z.string(), configCommit: z.string().optional() })),
    missing: z.array(z.string()),
    tracing: z.boolean(),
    gather: z.object({
      metricHistoryMs: milliseconds,
      logHistoryMs: milliseconds,
      spanHistoryMs: milliseconds,
      changeHistoryMs: milliseconds,
      deadlineMs: milliseconds,
      logLineLimit: z.number(),
      spanLimit: z.number(),
    }),
    incident,
  }),
})

/** The recording of an incident. Throws CcpError `not-found` or `bad-input`, with the mend. */
export async function readRecording(directory: string, incidentId: string): Promise<Recording> {
  const path = recordingFile(directory, incidentId)
  if (!existsSync(path)) throw noRecording(directory, incidentId)
  const json = await readCaseJson(path)
  const parsed = envelope.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new CcpError(
      'bad-input',
      `${path} is no recording: \`${issue?.path.join('.')}\` ${issue?.message}`,
      {
        mend: 'replay it with the version of ccp that recorded it',
      },
    )
  }
  const { version: _version, ...recording } = parsed.data.recording
  return { ...recording, incidentCase: caseOf(path, json) }
}

function noRecording(directory: string, incidentId: string): CcpError {
  const text = `what the diagnosis of ${incidentId} saw is not in ${directory}: it was made before recordings were kept, could not be written (the bot's log says so), or was given up for newer ones`
  return new CcpError('not-found', text, {
    mend: 'name the right folder with --data or CCP_DATA_DIR; to keep more, raise recordings in rca.yaml',
  })
}
