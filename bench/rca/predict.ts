import { extractCandidates } from '../../src/pipeline/rca/extract-candidates.ts'
import { mendCase } from '../../src/pipeline/rca/mend-case.ts'
import { rankCase } from '../../src/pipeline/rca/rank-case.ts'
import type { RcaSettings } from '../../src/pipeline/rca/settings.ts'
import { BASELINES } from './baselines/all.ts'
import type { Baseline } from './baselines/baseline.ts'
import { benchCases, type BenchCase } from './cases.ts'
import type { Extracted } from './leave-one-out.ts'
import type { Prediction } from './scores.ts'
import { timed } from './time.ts'

export const SHIPPED = 'as shipped'

/** What every method says of one folder of cases; the cases themselves are not kept. */
export interface Read {
  readonly extracted: readonly Extracted[]
  readonly predictions: Map<string, Prediction[]>
}

/** `variants`: further settings by the names of their rows. */
export async function readAll(
  folder: string,
  settings: RcaSettings,
  variants: ReadonlyMap<string, RcaSettings> = new Map(),
): Promise<Read> {
  const extracted: Extracted[] = []
  const predictions = new Map<string, Prediction[]>()
  const keep = (method: string, prediction: Prediction | null): void => {
    const known = predictions.get(method) ?? []
    predictions.set(method, known)
    if (prediction !== null) known.push(prediction)
  }
  for await (const one of benchCases(folder)) {
    keep(SHIPPED, predictShipped(one, settings))
    for (const [name, variant] of variants) keep(name, predictShipped(one, variant))
    for (const baseline of BASELINES) keep(baseline.name, predictBaseline(one, baseline))
    extracted.push(extract(one, settings))
  }
  return { extracted, predictions }
}

function extract({ id, dataset, answer, incidentCase }: BenchCase, settings: RcaSettings): Extracted {
  const { candidates } = extractCandidates(mendCase(incidentCase).incidentCase, settings)
  const { abstained } = rankCase(incidentCase, { ...settings, abstainBelow: 0 })
  return { id, dataset, answer, candidates, abstained: abstained !== null }
}

function predictShipped(one: BenchCase, settings: RcaSettings): Prediction {
  const { value, time } = timed(() => rankCase(one.incidentCase, settings))
  const { ranked, abstained } = value
  return {
    ...predictionOf(one, time),
    services: abstained === null ? ranked.map(({ service }) => service) : [],
    change: abstained === null ? (ranked.find(({ change }) => change !== null)?.change?.id ?? null) : null,
    confidence: ranked[0]?.confidence ?? null,
  }
}

function predictBaseline(one: BenchCase, baseline: Baseline): Prediction | null {
  const { value, time } = timed(() => baseline.rank(one.incidentCase))
  return value === null ? null : { ...predictionOf(one, time), ...value, confidence: null }
}

/** Everything but the answer; times include loading. */
function predictionOf(
  { id, dataset, answer, incidentCase, load }: BenchCase,
  time: BenchCase['load'],
): Pick<Prediction, 'id' | 'dataset' | 'answer' | 'metricsAlone' | 'ms' | 'processorMs'> {
  return {
    id,
    dataset,
    answer,
    metricsAlone: incidentCase.spans.length === 0 && incidentCase.logs.length === 0,
    ms: load.ms + time.ms,
    processorMs: load.processorMs + time.processorMs,
  }
}
