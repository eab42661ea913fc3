import type { ModalView } from '@slack/types'
import type { Diagnosis, Hypothesis } from '../../pipeline/contracts.ts'
import type { StackTrace } from '../../pipeline/signals/stack-trace.ts'
import type { IncidentRecord } from '../../pipeline/machine.ts'
import { redactValue } from '../../pipeline/signals/redact-secrets.ts'
import { context, LIMIT, section, type MessageBlock } from './blocks.ts'
import { evidenceLine, strongestFirst } from './diagnosis.ts'
import { findingLine } from './gates.ts'
import { clip, code, codeBlock, confidencePercent, line } from './text.ts'

const HYPOTHESES = 5
const EVIDENCE = 40
const FRAMES = 30

/** Everything the diagnosis stands on: all evidence, the stack trace, the failing request, what was looked at. */
export function evidenceModal(record: IncidentRecord, diagnosis: Diagnosis): ModalView {
  const blocks: readonly MessageBlock[] = [
    ...diagnosis.hypotheses.slice(0, HYPOTHESES).flatMap(hypothesisBlocks),
    ...(diagnosis.stackTrace === null ? [] : [section(traceText(diagnosis.stackTrace))]),
    ...inputBlocks(diagnosis),
    ...lookedAt(diagnosis),
    ...findingsBlocks(record),
  ]
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'Evidence' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [...(blocks.length === 0 ? [section('Nothing was found.')] : blocks)].slice(
      0,
      LIMIT.blocksPerModal,
    ) as ModalView['blocks'],
  }
}

function hypothesisBlocks(hypothesis: Hypothesis, index: number): readonly MessageBlock[] {
  const { service, confidence, summary, change, evidenceFor, evidenceAgainst } = hypothesis
  const changeText = change === null ? '' : `\n${change.kind} ${code(change.id)}: ${line(change.summary)}`
  return [
    section(
      `*${index + 1}. ${code(service)}, ${confidencePercent(confidence)}*\n${line(summary, 900)}${changeText}`,
    ),
    ...evidenceSections('For', evidenceFor),
    ...evidenceSections('Against', evidenceAgainst),
  ]
}

function evidenceSections(title: string, evidence: Hypothesis['evidenceFor']): readonly MessageBlock[] {
  if (evidence.length === 0) return context(`${title}: nothing found`)
  const lines = strongestFirst(evidence).slice(0, EVIDENCE).map(evidenceLine)
  const half = Math.ceil(lines.length / 2)
  // Two sections hold what one could not: each is cut at Slack's 3,000 characters.
  const parts = lines.length > 8 ? [lines.slice(0, half), lines.slice(half)] : [lines]
  return parts.map((part, index) =>
    section(clip(`*${title}${index > 0 ? ', continued' : ''}*\n${part.join('\n')}`, 2_900)),
  )
}

function traceText(trace: StackTrace): string {
  const frames = trace.frames.slice(0, FRAMES).map((frame) => {
    const at = frame.line === null ? frame.file : `${frame.file}:${frame.line}`
    return `${frame.application ? '→' : ' '} ${at} ${frame.symbol ?? ''}`
  })
  const cause = trace.cause === null ? [] : [`caused by ${trace.cause.type}: ${trace.cause.message}`]
  return `*Stack trace* (${trace.language})\n${codeBlock([`${trace.type}: ${trace.message}`, ...frames, ...cause], 2_700)}`
}

function inputBlocks({ failingInput }: Diagnosis): readonly MessageBlock[] {
  if (failingInput === null) return []
  const body = JSON.stringify(redactValue(failingInput.body), null, 2) ?? 'no body'
  return [
    section(
      `*Failing request*, secrets taken out\n${codeBlock([`${failingInput.method} ${failingInput.path}`, ...body.split('\n')], 2_700)}`,
    ),
  ]
}

function lookedAt({ lookedAt, missing }: Diagnosis): readonly MessageBlock[] {
  const looked = lookedAt.map((each) => `• ${line(each)}`)
  const lacking = missing.map((each) => `• ⚠️ ${line(each)}`)
  return [
    section(clip(`*Looked at*\n${looked.join('\n') || 'nothing'}`, 2_900)),
    ...(lacking.length === 0 ? [] : [section(clip(`*Missing*\n${lacking.join('\n')}`, 2_900))]),
  ]
}

function findingsBlocks({ gates }: IncidentRecord): readonly MessageBlock[] {
  return (gates?.results ?? [])
    .filter((result) => result.findings.length > 0)
    .map((result) =>
      section(
        clip(
          `*Findings of ${result.gate}*\n${result.findings.slice(0, 30).map(findingLine).join('\n')}`,
          2_900,
        ),
      ),
    )
}
