import type { Calibration } from './fit-calibration.ts'
import type { Weights } from './fit-weights.ts'
import type { Scores, Share } from './scores.ts'

const COLUMNS = [
  'method',
  'AC@1',
  'AC@3',
  'Avg@5',
  'MRR',
  'change',
  'abst.',
  'false alarms',
  'ECE',
  'Brier',
  'p50/p95 ms',
  'of processors',
]

/** A table for each data set; shares with their Wilson 95 % intervals. */
export function printScores(table: Readonly<Record<string, Readonly<Record<string, Scores>>>>): void {
  for (const [dataset, methods] of Object.entries(table)) {
    const n = Object.values(methods)[0]?.n ?? 0
    console.log(`\n${dataset} (n = ${n})`)
    const rows = [COLUMNS, ...Object.entries(methods).map(([method, scores]) => row(method, scores))]
    const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
    for (const cells of rows)
      console.log(`  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`)
  }
}

function row(method: string, scores: Scores): readonly string[] {
  return [
    method,
    share(scores.ac1),
    share(scores.ac3),
    scores.avg5.toFixed(2),
    scores.mrr.toFixed(2),
    scores.changeFirst === null ? '-' : share(scores.changeFirst),
    scores.abstained.share.toFixed(2),
    scores.falseAlarms === null
      ? '-'
      : `${Math.round(scores.falseAlarms.share * scores.falseAlarms.n)} of ${scores.falseAlarms.n}`,
    scores.ece?.toFixed(3) ?? '-',
    scores.brier?.toFixed(3) ?? '-',
    times(scores.msP50, scores.msP95),
    times(scores.processorMsP50, scores.processorMsP95),
  ]
}

function times(p50: number, p95: number): string {
  return Number.isNaN(p50) ? '-' : `${p50.toFixed(0)} / ${p95.toFixed(0)}`
}

/** Time to the answer by what there was to read, loading included. */
export function printTimes(times: Readonly<Record<string, Scores>>): void {
  console.log(
    '\ntime to the answer as shipped, loading included (ms by the clock, ms of all processors together)',
  )
  for (const [what, { msP50, msP95, processorMsP50, processorMsP95 }] of Object.entries(times))
    console.log(
      `  ${what}: p50 ${msP50.toFixed(0)}, p95 ${msP95.toFixed(0)} by the clock; ${processorMsP50.toFixed(0)}, ${processorMsP95.toFixed(0)} of processors`,
    )
}

function share({ share: value, low, high }: Share): string {
  return Number.isNaN(value) ? '-' : `${value.toFixed(2)} [${low.toFixed(2)} ${high.toFixed(2)}]`
}

/** The lines to put into config/rca.yaml. */
export function toYaml(weights: Weights, calibration: Calibration): string {
  const lines = Object.entries(weights).map(([name, weight]) => `    ${name}: ${round(weight)}`)
  const constants = Object.entries(calibration).map(([name, value]) => `    ${name}: ${round(value)}`)
  return ['model:', '  weights:', ...lines, '  calibration:', ...constants].join('\n')
}

function round(value: number): string {
  return Number(value.toFixed(2)).toString()
}
