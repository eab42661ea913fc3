import { expectedCalibrationError, type Prediction } from './scores.ts'

/** Of those who said about as much: how much they said on average, and how many of them were right. */
export interface Bin {
  readonly from: number
  readonly said: number
  readonly right: number
  readonly n: number
}

export interface Calibration {
  /** Cases in which a cause was named. */
  readonly n: number
  readonly ece: number | null
  readonly brier: number | null
  readonly bins: readonly Bin[]
}

/** How the confidence in the first cause agrees with its being right; abstentions say nothing and are left out. */
export function calibrationOf(
  groups: Readonly<Record<string, readonly Prediction[]>>,
): Readonly<Record<string, Calibration>> {
  return Object.fromEntries(Object.entries(groups).map(([name, all]) => [name, ofPredictions(all)]))
}

function ofPredictions(predictions: readonly Prediction[]): Calibration {
  const judged = predictions.flatMap(({ confidence, services, answer }) =>
    confidence === null || services.length === 0
      ? []
      : [{ confidence, right: answer.negative !== true && services[0] === answer.service ? 1 : 0 }],
  )
  if (judged.length === 0) return { n: 0, ece: null, brier: null, bins: [] }
  const groups = Map.groupBy(judged, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)))
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
  const bins = [...groups].map(([bin, own]) => ({
    from: bin / 10,
    said: mean(own.map(({ confidence }) => confidence)),
    right: mean(own.map(({ right }) => right)),
    n: own.length,
  }))
  return {
    n: judged.length,
    ece: expectedCalibrationError(judged),
    brier: mean(judged.map(({ confidence, right }) => (confidence - right) ** 2)),
    bins: bins.sort((a, b) => a.from - b.from),
  }
}

export function printCalibration(calibrations: Readonly<Record<string, Calibration>>): void {
  for (const [name, { n, ece, brier, bins }] of Object.entries(calibrations)) {
    if (n === 0) continue
    console.log(`\ncalibration, ${name} (${n} with a named cause)`)
    console.log(`  expected calibration error ${ece?.toFixed(3)}, Brier score ${brier?.toFixed(3)}`)
    for (const { from, said, right, n: count } of bins)
      console.log(
        `  ${from.toFixed(1)}-${(from + 0.1).toFixed(1)}: said ${said.toFixed(2)}, right ${right.toFixed(2)} of ${count}`,
      )
  }
}
