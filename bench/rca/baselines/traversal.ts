import { quantile } from '../../../src/pipeline/rca/quantile.ts'
import { metricKind } from '../../../src/pipeline/rca/series-deviation.ts'
import type { IncidentCase } from '../../../src/pipeline/signals/telemetry.ts'
import { cutSeries, type Baseline, type BaselineRanking, type CutSeries } from './baseline.ts'

/** Median absolute deviations from which a node is abnormal. */
const ABNORMAL = 5

/**
 * Traversal of the call graph, as PetShop's authors score it (Hardt et al., CLeaR 2024): a node is abnormal where the
 * reported metric became worse than its past by more than five median absolute deviations; a cause is an abnormal node
 * without an abnormal callee that abnormal nodes join to the symptom; its score is the sum over the best such way. It
 * abstains while the symptom's own node is normal. A MAD of 0 makes any deviation infinite (a success ratio that is always
 * 1 and falls once is abnormal then), and such ties fall as the nodes stand.
 */
export const traversal: Baseline = {
  name: 'PetShop traversal',
  rank(incidentCase) {
    const { symptom, topology } = incidentCase
    if (symptom.service === null || symptom.metric === null || topology === null) return null
    const scores = abnormalNodes(incidentCase, symptom.metric)
    if (!scores.has(symptom.service)) return { services: [], change: null }
    return causesOf(symptom.service, topology.edges, scores)
  },
}

function abnormalNodes(incidentCase: IncidentCase, metric: string): ReadonlyMap<string, number> {
  const worst = new Map<string, number>()
  for (const cut of cutSeries(incidentCase)) {
    if (cut.series.name !== metric || cut.series.edge !== undefined) continue
    const score = largestDeviation(cut)
    if (score > ABNORMAL) worst.set(cut.series.service, Math.max(worst.get(cut.series.service) ?? 0, score))
  }
  return worst
}

function largestDeviation({ series, before, during }: CutSeries): number {
  const sorted = Float64Array.from(before).sort()
  const median = quantile(sorted, 0.5)
  const distances = Float64Array.from(before, (value) => Math.abs(value - median)).sort()
  const worse = metricKind(series.name) === 'success' ? -1 : 1
  const largest = Math.max(...during.map((value) => worse * (value - median)))
  return largest <= 0 ? 0 : largest / quantile(distances, 0.5)
}

/** Down from the symptom through abnormal nodes only; the largest sum by which each is reached. */
function causesOf(
  symptom: string,
  edges: readonly (readonly [string, string])[],
  scores: ReadonlyMap<string, number>,
): BaselineRanking {
  const best = new Map<string, number>([[symptom, scores.get(symptom) ?? 0]])
  const visit = (node: string, sum: number, way: ReadonlySet<string>): void => {
    for (const [caller, callee] of edges) {
      const own = scores.get(callee)
      if (caller !== node || own === undefined || way.has(callee)) continue
      if (sum + own <= (best.get(callee) ?? -Infinity)) continue
      best.set(callee, sum + own)
      visit(callee, sum + own, new Set([...way, callee]))
    }
  }
  visit(symptom, scores.get(symptom) ?? 0, new Set([symptom]))
  const isLeaf = (node: string): boolean =>
    !edges.some(([caller, callee]) => caller === node && callee !== node && scores.has(callee))
  const causes = [...best].filter(([node]) => isLeaf(node))
  // Infinity - Infinity is not a number: equal infinite scores keep their order.
  causes.sort((a, b) => (a[1] === b[1] ? 0 : b[1] - a[1]))
  return { services: causes.map(([node]) => node), change: null }
}
