import type { ChartBin, Share } from './chart-bins.ts'

/** Okabe and Ito's blue and vermilion: told apart by every kind of colour vision, and by dash and marker besides. */
export const COLOUR = {
  canary: '#0072B2',
  control: '#D55E00',
  ink: '#1d1c1d',
  faint: '#616061',
  grid: '#e4e4e4',
  bands: ['#ffffff', '#f3f6f9', '#e8eef4'],
} as const

/** Where a panel lies on the picture, in its units. */
export interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface Panel {
  readonly frame: Frame
  readonly title: string
  readonly bins: readonly ChartBin[]
  readonly fromMs: number
  readonly toMs: number
}

/** One panel: phase bands, grid, both sides with their intervals, and their last values written at the lines' ends. */
export function drawPanel(panel: Panel): string {
  const top = scaleTop(panel.bins)
  const y = (ratio: number): number => {
    const { top: above, bottom } = panel.frame
    return bottom - (Math.min(ratio, top) / top) * (bottom - above)
  }
  const x = timeScale(panel)
  return [
    phaseBands(panel, x),
    gridLines(panel.frame, top, y),
    text(panel.frame.left, panel.frame.top - 16, panel.title, { size: 24, weight: 600 }),
    ...(['control', 'canary'] as const).flatMap((side) => [
      band(panel.bins, side, x, y),
      curve(panel.bins, side, x, y),
    ]),
    endLabels(panel, y),
  ].join('\n')
}

export function timeScale({ frame, fromMs, toMs }: Panel): (ms: number) => number {
  const span = Math.max(1, toMs - fromMs)
  return (ms) => frame.left + ((ms - fromMs) / span) * (frame.right - frame.left)
}

/** A round number above the lines and the newest intervals; older ones of tiny samples may run out of the picture. */
function scaleTop(bins: readonly ChartBin[]): number {
  const shares = bins.flatMap((bin) => [bin.canary, bin.control]).filter((share) => share !== null)
  const newest = (['canary', 'control'] as const).map(
    (side) => bins.findLast((bin) => bin[side] !== null)?.[side]?.high ?? 0,
  )
  const highest = Math.max(0.01, ...newest, ...shares.map(({ ratio }) => ratio * 1.2))
  const steps = [0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.16, 0.2, 0.3, 0.4, 0.6, 0.8, 1]
  return steps.find((step) => step >= highest) ?? 1
}

function phaseBands({ bins, frame }: Panel, x: (ms: number) => number): string {
  const spans: { weight: number; fromMs: number; toMs: number }[] = []
  for (const bin of bins) {
    const last = spans.at(-1)
    if (last?.weight === bin.weightPercent) last.toMs = bin.toMs
    else spans.push({ weight: bin.weightPercent, fromMs: bin.fromMs, toMs: bin.toMs })
  }
  return spans
    .map(({ weight, fromMs, toMs }, index) => {
      const left = index === 0 ? frame.left : x(fromMs)
      const right = x(spans[index + 1]?.fromMs ?? toMs)
      const fill = COLOUR.bands[index % COLOUR.bands.length] ?? '#ffffff'
      const shade = `<rect x="${n(left)}" y="${n(frame.top)}" width="${n(right - left)}" height="${n(frame.bottom - frame.top)}" fill="${fill}"/>`
      const words = right - left < 190 ? `${weight} %` : `${weight} % of the traffic`
      const look = { size: 21, fill: COLOUR.faint }
      const label = right - left < 60 ? '' : text(left + 8, frame.top + 26, words, look)
      return shade + label
    })
    .join('')
}

function gridLines({ left, right }: Frame, top: number, y: (ratio: number) => number): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map((part) => {
      const at = y(top * part)
      const percent = top * part * 100
      const label = `${Number(percent.toFixed(1))} %`
      return `<line x1="${n(left)}" x2="${n(right)}" y1="${n(at)}" y2="${n(at)}" stroke="${COLOUR.grid}" stroke-width="1.5"/>${text(left - 12, at + 8, label, { size: 22, anchor: 'end', fill: COLOUR.faint })}`
    })
    .join('')
}

type Side = 'canary' | 'control'

/** Unbroken runs of bins in which the side had requests, with the middle of each bin's time. */
function runs(bins: readonly ChartBin[], side: Side): readonly (readonly { atMs: number; share: Share }[])[] {
  const found: { atMs: number; share: Share }[][] = [[]]
  for (const bin of bins) {
    const share = bin[side]
    if (share === null) found.push([])
    else found.at(-1)?.push({ atMs: (bin.fromMs + bin.toMs) / 2, share })
  }
  return found.filter((run) => run.length > 0)
}

function band(
  bins: readonly ChartBin[],
  side: Side,
  x: (ms: number) => number,
  y: (ratio: number) => number,
): string {
  return runs(bins, side)
    .map((run) => {
      const upper = run.map(({ atMs, share }) => `${n(x(atMs))},${n(y(share.high))}`)
      const lower = run.toReversed().map(({ atMs, share }) => `${n(x(atMs))},${n(y(share.low))}`)
      return `<polygon points="${[...upper, ...lower].join(' ')}" fill="${COLOUR[side]}" fill-opacity="0.17"/>`
    })
    .join('')
}

function curve(
  bins: readonly ChartBin[],
  side: Side,
  x: (ms: number) => number,
  y: (ratio: number) => number,
): string {
  const dash = side === 'control' ? ' stroke-dasharray="12 7"' : ''
  return runs(bins, side)
    .map((run) => {
      const points = run.map(({ atMs, share }) => ({ px: x(atMs), py: y(share.ratio) }))
      const path = points.map(({ px, py }) => `${n(px)},${n(py)}`).join(' ')
      const line = `<polyline points="${path}" fill="none" stroke="${COLOUR[side]}" stroke-width="4.5" stroke-linejoin="round"${dash}/>`
      return line + points.map(({ px, py }) => marker(side, px, py)).join('')
    })
    .join('')
}

export function marker(side: Side, px: number, py: number): string {
  return side === 'canary'
    ? `<circle cx="${n(px)}" cy="${n(py)}" r="6.5" fill="${COLOUR.canary}"/>`
    : `<rect x="${n(px - 6)}" y="${n(py - 6)}" width="12" height="12" fill="${COLOUR.control}"/>`
}

/** The last values beside the ends of the lines, pushed apart where they would cover each other. */
function endLabels({ bins, frame }: Panel, y: (ratio: number) => number): string {
  const ends = (['canary', 'control'] as const).flatMap((side) => {
    const last = runs(bins, side).at(-1)?.at(-1)
    return last === undefined ? [] : [{ side, at: y(last.share.ratio), ratio: last.share.ratio }]
  })
  const sorted = ends.toSorted((a, b) => a.at - b.at)
  const [upper, lower] = sorted
  const gap = upper !== undefined && lower !== undefined ? Math.max(0, 30 - (lower.at - upper.at)) / 2 : 0
  return sorted
    .map(({ side, at, ratio }, index) => {
      const spread = sorted.length < 2 ? 0 : index === 0 ? -gap : gap
      const py = Math.min(Math.max(at + spread, frame.top + 10), frame.bottom - (index === 0 ? 26 : 0))
      return text(frame.right + 14, py + 8, `${shareText(ratio)}`, {
        size: 26,
        weight: 600,
        fill: COLOUR[side],
      })
    })
    .join('')
}

function shareText(ratio: number): string {
  const percent = ratio * 100
  return `${percent === 0 || percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`
}

export interface TextLook {
  readonly size: number
  readonly weight?: 400 | 600
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly fill?: string
}

export function text(px: number, py: number, words: string, look: TextLook): string {
  const { size, weight = 400, anchor = 'start', fill = COLOUR.ink } = look
  return `<text x="${n(px)}" y="${n(py)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeXml(words)}</text>`
}

function escapeXml(words: string): string {
  return words
    .replace(/[\u0000-\u001f\ufffe\uffff]/g, ' ')
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** A coordinate with one decimal: the same state draws the same bytes. */
export function n(value: number): string {
  return value.toFixed(1)
}
