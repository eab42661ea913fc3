import type { Diagnosis, Evidence, Hypothesis } from '../../pipeline/contracts.ts'
import { actions, context, section } from './blocks.ts'
import { lookButtons } from './buttons.ts'
import { desiredMessage, type DesiredMessage } from './desired-message.ts'
import type { Scene } from './scene.ts'
import { clip, code, duration, line, confidencePercent, sentence, upperFirst } from './text.ts'

const SHOWN = 3
const EVIDENCE_SHOWN = 4

/** What the analysis found: the cause with what speaks for and against it, or plainly that it names none. */
export function diagnosisMessage(scene: Scene, diagnosis: Diagnosis): DesiredMessage {
  const first = diagnosis.hypotheses[0]
  const named = diagnosis.abstained === null && first !== undefined
  return desiredMessage({
    key: 'diagnosis',
    summary: named ? `Cause: ${line(first.summary)}` : 'No cause is named',
    blocks: [
      ...(named ? hypothesis(first) : abstention(scene, diagnosis, first)),
      ...reviewed(diagnosis),
      ...others(diagnosis, named ? 1 : 0),
      ...context(...facts(diagnosis)),
      ...actions(lookButtons(scene).filter((button) => button.action_id === 'showEvidence')),
    ],
  })
}

function hypothesis(first: Hypothesis) {
  const path =
    first.path.length > 1 ? `\n*Path* ${first.path.map((each) => code(each)).join(' → ')} (symptom)` : ''
  return [
    section(`*Cause: ${code(first.service)}*\n${line(first.summary, 900)}`),
    section(
      `*${upperFirst(confidencePercent(first.confidence))} confident*: ${confidenceMeans(first.confidence)}${path}`,
    ),
    section(evidenceText('For', first.evidenceFor)),
    section(evidenceText('Against', first.evidenceAgainst)),
  ]
}

function abstention({ record }: Scene, diagnosis: Diagnosis, first: Hypothesis | undefined) {
  const untouched = record.attempts.length === 0 ? ' Nothing was changed.' : ''
  const { abstained, ruledOut = [], wouldSettle = [] } = diagnosis
  return [
    section(`*No cause is named.* ${sentence(line(abstained ?? 'no hypothesis was left', 900))}${untouched}`),
    ...(first === undefined ? [] : probable(first)),
    ...(ruledOut.length === 0 ? [] : [section(bullets('Ruled out', ruledOut))]),
    ...(wouldSettle.length === 0 ? [] : [section(bullets('What would settle it: look at', wouldSettle))]),
  ]
}

function probable(first: Hypothesis) {
  return [
    section(
      `The most probable, for you to check: ${code(first.service)} (${confidencePercent(first.confidence)}). ${line(first.summary, 600)}`,
    ),
    section(evidenceText('For', first.evidenceFor)),
  ]
}

/** That a model had a part, what it did, and its words, marked as such. */
function reviewed({ review }: Diagnosis) {
  if (review === undefined) return []
  const { model, summary, text } = review
  return [
    ...(summary === null
      ? []
      : [section(`*In the words of a model* (${code(model)})\n${line(summary, 900)}`)]),
    ...context(`A model was asked: ${line(text, 600)}`),
  ]
}

function bullets(title: string, texts: readonly string[]): string {
  return clip([`*${title}*`, ...texts.map((text) => `• ${line(text, 500)}`)].join('\n'), 2_900)
}

/** What a calibrated probability promises, in words. */
export function confidenceMeans(confidence: number): string {
  const inTen = Math.round(confidence * 10)
  if (inTen >= 10) return 'nearly all diagnoses given with this confidence are right.'
  if (inTen <= 0) return 'fewer than 1 in 20 diagnoses given with this confidence is right.'
  return `about ${inTen} in 10 diagnoses given with this confidence are right.`
}

export function evidenceText(title: string, evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return `*${title}*\nNothing found.`
  const left = evidence.length - EVIDENCE_SHOWN
  const more = left > 0 ? [`_and ${left} more, behind Show evidence_`] : []
  const lines = oneOfEachKindFirst(evidence).slice(0, EVIDENCE_SHOWN).map(evidenceLine)
  return clip([`*${title}*`, ...lines, ...more].join('\n'), 2_900)
}

export function strongestFirst(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
}

/** The strongest of each kind, then the rest: what log, metric and change say together convinces, one alone does not. */
function oneOfEachKindFirst(evidence: readonly Evidence[]): readonly Evidence[] {
  const strongest = strongestFirst(evidence)
  const firsts = strongest.filter(
    (each) => strongest.findIndex((other) => other.kind === each.kind) === strongest.indexOf(each),
  )
  return [...firsts, ...strongest.filter((each) => !firsts.includes(each))]
}

/** "• strong (log): NullPointer in 412 lines" */
export function evidenceLine({ kind, text, weight }: Evidence): string {
  return `• ${line(text, 500)} _(${kind}, ${strength(weight)})_`
}

/** Log-odds in words: 2.2 turns even odds into 9:1, 0.85 into 7:3. */
function strength(weight: number): string {
  const size = Math.abs(weight)
  return size >= 2.2 ? 'strong' : size >= 0.85 ? 'moderate' : 'weak'
}

function others({ hypotheses }: Diagnosis, from: number) {
  const rest = hypotheses.slice(from, from + SHOWN).filter((each) => each.confidence >= 0.005)
  if (rest.length === 0) return []
  const texts = rest.map((each) => `${code(each.service)} ${confidencePercent(each.confidence)}`)
  return context(`Also considered: ${texts.join(', ')}`)
}

function facts({ lookedAt, missing, computeMs }: Diagnosis): readonly string[] {
  return [
    `Looked at ${line(lookedAt.join('; ') || 'nothing', 600)} (${duration(computeMs)})`,
    missing.length === 0 ? '' : `⚠️ Missing: ${line(missing.join('; '), 600)}`,
  ]
}
