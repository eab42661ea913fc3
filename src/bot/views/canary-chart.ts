import type { Rollout, Verdict } from '../../pipeline/contracts.ts'
import { chartBins, type ChartBin, type Events } from './chart-bins.ts'
import { COLOUR, drawPanel, marker, n, text, timeScale, type Panel } from './chart-panel.ts'
import { percent } from './text.ts'

const WIDTH = 760
const LEFT = 92
const RIGHT = 656
const MAX_BINS = 28
/** Indexes among `Rollout.latencyEdgesMs`: of p95, and of what counts as slow where that is to be cured. */
const P95 = 1
const SLOW = 3

export interface Chart {
  readonly svg: string
  readonly alt: string
  readonly title: string
}

/**
 * The canary against the control over time, as SVG in the font Inter: what is to be cured above, errors or slow answers, the
 * other below where it is measured, each with 95 % intervals, on bands for the weights. Null without blocks.
 */
export function canaryChart(rollout: Rollout, verdict: Verdict | null): Chart | null {
  const first = rollout.blocks[0]
  const last = rollout.blocks.at(-1)
  if (first === undefined || last === undefined) return null
  const lines = linesOf(rollout)
  const [upper] = lines
  const panels = lines.map((drawn, index): Panel => ({
    title: drawn.name,
    bins: chartBins(rollout.blocks, drawn.events, MAX_BINS),
    fromMs: first.fromMs,
    toMs: last.toMs,
    frame: frameOf(index, lines.length),
  }))
  const height = (panels.at(-1)?.frame.bottom ?? 500) + 96
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Inter">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    heading(rollout, verdict),
    ...panels.map(drawPanel),
    ...panels.slice(-1).map((panel) => timeAxis(panel, rollout.startedAtMs)),
    '</svg>',
  ].join('\n')
  const alt = altText(rollout, { name: upper.name, bins: panels[0]?.bins ?? [] }, verdict)
  return { svg, alt, title: `Canary of ${rollout.service}` }
}

interface Drawn {
  readonly name: string
  readonly events: Events
}

/** What is drawn, what is to be cured first. */
function linesOf({ latencyEdgesMs: edges, cures }: Rollout): readonly [Drawn, ...Drawn[]] {
  const errors: Drawn = { name: 'Error ratio', events: (side) => side.errors }
  const slower =
    (edge: number): Events =>
    (side) =>
      Math.min(side.slower[edge] ?? Number.NaN, side.requests)
  const slow = edges[SLOW]
  if (slow !== undefined && cures?.includes('slow_ratio') === true) {
    return [{ name: `Answers slower than ${slow} ms`, events: slower(SLOW) }, errors]
  }
  const p95 = edges[P95]
  if (p95 === undefined) return [errors]
  return [errors, { name: `Answers slower than ${p95} ms`, events: slower(P95) }]
}

function frameOf(index: number, count: number): Panel['frame'] {
  const [top, bottom] = index > 0 ? [510, 660] : [200, count === 1 ? 500 : 430]
  return { left: LEFT, right: RIGHT, top, bottom }
}

function heading(rollout: Rollout, verdict: Verdict | null): string {
  return [
    text(24, 44, verdictText(rollout, verdict), { size: 30, weight: 600 }),
    legendEntry('canary', 84, `canary ${versionOf(rollout, rollout.canaryVersion)}`),
    legendEntry('control', 122, `control ${versionOf(rollout, rollout.controlVersion)}`),
    text(RIGHT, 186, 'shaded: 95 % interval', { size: 20, anchor: 'end', fill: COLOUR.faint }),
  ].join('')
}

function verdictText(rollout: Rollout, verdict: Verdict | null): string {
  const state = rollout.phase === 'ROLLBACK' ? 'rolled back' : rollout.phase === 'SUCCESS' ? 'verified' : null
  const decision = { pass: 'no harm, cured', fail: 'worse', inconclusive: 'not decided yet' } as const
  const words = state ?? (verdict === null ? 'not judged yet' : decisionWords(verdict, decision))
  const weight = rollout.phase === 'ROLLBACK' ? '' : ` at ${rollout.weightPercent} %`
  return `${short(rollout.service, 24)}${weight}: ${words}`
}

function decisionWords(verdict: Verdict, words: Readonly<Record<Verdict['decision'], string>>): string {
  return verdict.decision === 'pass' && verdict.cured !== true ? 'no harm' : words[verdict.decision]
}

/** The service is named in the title already. */
function versionOf({ service }: Rollout, version: string): string {
  return short(version.startsWith(`${service}-`) ? version.slice(service.length + 1) : version)
}

function legendEntry(side: 'canary' | 'control', py: number, words: string): string {
  const dash = side === 'control' ? ' stroke-dasharray="12 7"' : ''
  const stroke = `<line x1="24" x2="80" y1="${py}" y2="${py}" stroke="${COLOUR[side]}" stroke-width="4.5"${dash}/>`
  return (
    stroke + marker(side, 52, py) + text(92, py + 8, words, { size: 24, fill: COLOUR[side], weight: 600 })
  )
}

function timeAxis(panel: Panel, startedAtMs: number): string {
  const { frame, fromMs, toMs } = panel
  const x = timeScale(panel)
  const stepMs = tickStep(toMs - fromMs)
  const firstTick = Math.ceil((fromMs - startedAtMs) / stepMs) * stepMs
  const ticks: string[] = []
  for (let offset = firstTick; startedAtMs + offset <= toMs; offset += stepMs) {
    const px = x(startedAtMs + offset)
    ticks.push(
      `<line x1="${n(px)}" x2="${n(px)}" y1="${n(frame.bottom)}" y2="${n(frame.bottom + 8)}" stroke="${COLOUR.faint}" stroke-width="1.5"/>`,
      text(px, frame.bottom + 36, clock(offset), { size: 22, anchor: 'middle', fill: COLOUR.faint }),
    )
  }
  const label = text(
    (frame.left + frame.right) / 2,
    frame.bottom + 74,
    'time since the rollout began (min:s)',
    {
      size: 22,
      anchor: 'middle',
      fill: COLOUR.faint,
    },
  )
  return ticks.join('') + label
}

/** A step that gives three to seven ticks. */
function tickStep(spanMs: number): number {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 86_400]
  return (
    (steps.find((step) => spanMs / (step * 1000) <= 6) ?? 86_400 * Math.ceil(spanMs / 518_400_000)) * 1000
  )
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function short(words: string, max = 18): string {
  return words.length <= max ? words : `${words.slice(0, max - 1)}…`
}

/** The picture in words, for those who do not see it. */
function altText(
  rollout: Rollout,
  { name, bins }: { readonly name: string; readonly bins: readonly ChartBin[] },
  verdict: Verdict | null,
): string {
  const ends = (['canary', 'control'] as const).map((side) => {
    const last = bins.findLast((bin) => bin[side] !== null)?.[side] ?? null
    return `${side} ${percent(last?.ratio ?? null)}`
  })
  const judged = verdict === null ? 'not judged yet' : `verdict ${verdict.decision}`
  return `${name} over time of ${rollout.service}, latest: ${ends.join(', ')}; weight ${rollout.weightPercent} %, ${judged}.`.slice(
    0,
    1_900,
  )
}
