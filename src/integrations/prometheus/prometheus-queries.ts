import type { QuerySource } from '../../pipeline/detection/ports.ts'
import { askForMatrix, askForVector, toNumber, type PrometheusOptions } from './prometheus-http.ts'

/** PromQL as it is written, over the HTTP API of a Prometheus server. What is no number (NaN) is left out. */
export function prometheusQueries(options: PrometheusOptions): QuerySource {
  return {
    async valuesAt(query, atMs) {
      const vector = await askForVector(options, { query, time: seconds(atMs) })
      return vector
        .map(({ metric, value: [, value] }) => ({ labels: metric, value: toNumber(value) }))
        .filter(({ value }) => !Number.isNaN(value))
    },
    async valuesBetween(query, { fromMs, toMs, stepMs }) {
      const range = { start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) }
      const matrix = await askForMatrix(options, 'query_range', { query, ...range })
      return matrix.map(({ metric, values }) => ({
        labels: metric,
        values: values.map(([, value]) => toNumber(value)).filter((value) => !Number.isNaN(value)),
      }))
    },
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
