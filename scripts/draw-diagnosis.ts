/** Draws one recorded diagnosis for docs/diagnosis.md: `node scripts/draw-diagnosis.ts RECORDING.json.gz PICTURE.png`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { renderPng } from '../src/bot/delivery/render-png.ts'
import { COLOUR, n, text } from '../src/bot/views/chart-panel.ts'
import { readCaseFile } from '../src/commands/case-file.ts'
import { rcaSchema } from '../src/config/schema/rca.ts'
import type { CaseRanking, RankedCause } from '../src/pipeline/rca/case-ranking.ts'
import { rankCase } from '../src/pipeline/rca/rank-case.ts'
import type { IncidentCase } from '../src/pipeline/signals/telemetry.ts'

const WIDTH = 1200
const LEFT = 40
const ROW = 56
const EVIDENCE_ROW = 36
const MOST_EVIDENCE = 7

interface Drawing {
  readonly incidentCase: IncidentCase
  readonly ranking: CaseRanking
  readonly first: RankedCause
}

await main(process.argv[2], process.argv[3])

async function main(recording: string | undefined, picture: string | undefined): Promise<void> {
  if (recording === undefined || picture === undefined)
    throw new Error(
      'name a recording and the picture: node scripts/draw-diagnosis.ts RECORDING.json.gz PICTURE.png',
    )
  const incidentCase = await readCaseFile(recording)
  const ranking = rankCase(incidentCase, shippedSettings())
  const [first] = ranking.ranked
  if (first === undefined || ranking.abstained !== null) throw new Error('this recording names no cause')
  writeFileSync(picture, await renderPng(draw({ incidentCase, ranking, first })))
}

function shippedSettings() {
  const path = fileURLToPath(new URL('../config/rca.yaml', import.meta.url))
  return rcaSchema.parse(parse(readFileSync(path, 'utf8')))
}

function draw(drawing: Drawing): string {
  const services = shownServices(drawing)
  const measures = { top: 120, rows: services.length }
  const evidenceTop = measures.top + measures.rows * ROW + 110
  const evidence = evidenceRows(drawing.first)
  const rankingTop = evidenceTop + evidence.length * EVIDENCE_ROW + 80
  const height = rankingTop + Math.min(4, drawing.ranking.ranked.length) * 40 + 30
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Inter">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 44, `What fails at ${drawing.incidentCase.symptom.service ?? 'the entrance'}, and why`, {
      size: 28,
      weight: 600,
    }),
    text(LEFT, 84, '1 What is measured: the share of requests that succeed', { size: 20, weight: 600 }),
    drawMeasures(drawing, services, measures.top),
    text(LEFT, evidenceTop - 20, `2 What speaks for ${drawing.first.service}, and against it (log-odds)`, {
      size: 20,
      weight: 600,
    }),
    ...evidence.map((row, at) => drawEvidence(row, evidenceTop + at * EVIDENCE_ROW)),
    text(LEFT, rankingTop - 16, '3 What follows', { size: 20, weight: 600 }),
    ...drawing.ranking.ranked.slice(0, 4).map((cause, at) => drawCause(cause, rankingTop + at * 40)),
    '</svg>',
  ].join('\n')
}

/** From the symptom down to the cause, then what else was changed in the time that is shown. */
function shownServices({ incidentCase, first }: Drawing): readonly string[] {
  const { from } = shownTime(incidentCase)
  const changed = incidentCase.changes.filter(({ kind, at }) => kind !== 'commit' && at >= from)
  return [...new Set([...first.path.toReversed(), ...changed.map(({ service }) => service)])]
}

function shownTime({ metrics, detectedAt }: IncidentCase): { readonly from: number; readonly to: number } {
  const first = Math.min(...metrics.map(({ t }) => t[0] ?? detectedAt))
  return { from: first, to: detectedAt }
}

function drawMeasures(drawing: Drawing, services: readonly string[], top: number): string {
  const { incidentCase, ranking } = drawing
  const { from, to } = shownTime(incidentCase)
  const [left, right] = [230, WIDTH - 150]
  const x = (t: number): number => left + ((t - from) / (to - from)) * (right - left)
  const bottom = top + services.length * ROW
  const onset = x(ranking.onset)
  const changes = incidentCase.changes.filter(({ kind, at }) => kind !== 'commit' && at >= from)
  return [
    ...services.flatMap((service, at) => drawRow(incidentCase, service, top + at * ROW, { x, left, right })),
    line({ from: [onset, top], to: [onset, bottom] }, COLOUR.ink, '3 5'),
    text(onset - 8, bottom + 24, `it began ${Math.round(to - ranking.onset)} s before the diagnosis`, {
      size: 15,
      anchor: 'end',
    }),
    ...changes.map((change) => {
      const row = top + services.indexOf(change.service) * ROW + ROW / 2
      return `<path d="M ${n(x(change.at))} ${n(row - 9)} l 8 15 l -16 0 z" fill="${COLOUR.control}"/>`
    }),
    `<path d="M ${n(left + 8)} ${n(bottom + 36)} l 7 13 l -14 0 z" fill="${COLOUR.control}"/>`,
    text(
      left + 24,
      bottom + 50,
      changes.map(({ service, summary }) => wordOfChange(service, summary)).join('; '),
      { size: 15 },
    ),
  ].join('\n')
}

function wordOfChange(service: string, summary: string): string {
  return summary.startsWith(service) ? summary : `${service}: ${summary}`
}

interface Axis {
  readonly x: (t: number) => number
  readonly left: number
  readonly right: number
}

function drawRow(
  incidentCase: IncidentCase,
  service: string,
  top: number,
  { x, left, right }: Axis,
): readonly string[] {
  const points = successOf(incidentCase, service)
  const y = (ratio: number): number => top + 8 + (1 - ratio) * (ROW - 16)
  const last = points.at(-1)
  const d = points.map(({ t, ratio }, at) => `${at === 0 ? 'M' : 'L'} ${n(x(t))} ${n(y(ratio))}`).join(' ')
  return [
    text(LEFT, top + ROW / 2 + 6, service, { size: 18 }),
    line({ from: [left, y(1)], to: [right, y(1)] }, COLOUR.grid),
    `<path d="${d}" fill="none" stroke="${COLOUR.canary}" stroke-width="2.5"/>`,
    last === undefined
      ? ''
      : text(right + 12, y(last.ratio) + 6, `${Math.round(100 * last.ratio)} %`, { size: 16 }),
  ]
}

/** Over all instances that measured at that moment. */
function successOf(
  { metrics }: IncidentCase,
  service: string,
): readonly { readonly t: number; readonly ratio: number }[] {
  const at = new Map<number, number[]>()
  for (const series of metrics) {
    if (series.service !== service || series.name !== 'success_ratio' || series.edge !== undefined) continue
    for (const [index, value] of series.v.entries())
      if (value !== null) at.set(series.t[index] ?? 0, [...(at.get(series.t[index] ?? 0) ?? []), value])
  }
  return [...at]
    .sort(([a], [b]) => a - b)
    .map(([t, values]) => ({ t, ratio: values.reduce((sum, value) => sum + value, 0) / values.length }))
}

type EvidenceRow = RankedCause['evidenceFor'][number]

function evidenceRows({ evidenceFor, evidenceAgainst }: RankedCause): readonly EvidenceRow[] {
  return [...evidenceFor.slice(0, MOST_EVIDENCE), ...evidenceAgainst.slice(0, 2)]
}

function drawEvidence({ kind, text: words, weight }: EvidenceRow, top: number): string {
  const zero = 190
  const length = Math.abs(weight) * 34
  const from = weight < 0 ? zero - length : zero
  const said = words.length > 108 ? `${words.slice(0, 107)}…` : words
  return [
    text(LEFT, top + 20, kind, { size: 15, fill: COLOUR.faint }),
    `<rect x="${n(from)}" y="${n(top + 4)}" width="${n(length)}" height="22" fill="${weight < 0 ? COLOUR.control : COLOUR.canary}"/>`,
    text(zero + 120, top + 21, `${weight > 0 ? '+' : '−'}${Math.abs(weight).toFixed(1)} ${said}`, {
      size: 15,
    }),
  ].join('\n')
}

function drawCause({ service, change, confidence }: RankedCause, top: number): string {
  const left = 190
  return [
    text(LEFT, top + 20, service, { size: 17 }),
    `<rect x="${left}" y="${n(top + 4)}" width="${n(Math.max(2, confidence * 300))}" height="22" fill="${COLOUR.canary}"/>`,
    text(
      left + 320,
      top + 21,
      `${percent(confidence)}${change === null ? '' : `, ${wordOfChange(service, change.summary)}`}`,
      { size: 15 },
    ),
  ].join('\n')
}

function percent(confidence: number): string {
  return confidence > 0.99
    ? 'over 99 %'
    : confidence < 0.01
      ? 'under 1 %'
      : `${Math.round(100 * confidence)} %`
}

interface Ends {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
}

function line({ from, to }: Ends, colour: string, dash = ''): string {
  return `<line x1="${n(from[0])}" y1="${n(from[1])}" x2="${n(to[0])}" y2="${n(to[1])}" stroke="${colour}" stroke-width="1.5" stroke-dasharray="${dash}"/>`
}
