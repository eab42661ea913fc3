import { askForMatrix, toNumber, type Matrix, type PrometheusOptions } from './prometheus-http.ts'
import type { RawSamples, RawSeries } from './metric-names.ts'

/**
 * Raw samples of a Prometheus server: an instant query of a range selector, which gives each sample at its own time and
 * nothing that was extrapolated or has gone stale. An error or a partial answer (a warning) throws `unavailable`: what is
 * missing would look like traffic without errors.
 */
export function prometheusSamples(options: PrometheusOptions): RawSamples {
  return {
    async rawBetween({ names, services, fromMs, toMs }) {
      if (names.length === 0 || services.length === 0 || toMs < fromMs) return []
      const matchers = `__name__=~${quoted(names)},service=~${quoted(services)}`
      // One millisecond more: a range selector leaves out its left end since Prometheus 3.
      const query = `{${matchers}}[${Math.ceil(toMs - fromMs) + 1}ms]`
      const time = (toMs / 1000).toFixed(3)
      const matrix = await askForMatrix(options, 'query', { query, time })
      return matrix.map(toRawSeries).filter((series) => series.tMs.length > 0)
    },
  }
}

function toRawSeries({ metric, values }: Matrix[number]): RawSeries {
  const { __name__: name = '', ...labels } = metric
  return {
    name,
    labels,
    tMs: values.map(([t]) => Math.round(t * 1000)),
    v: values.map(([, v]) => toNumber(v)),
  }
}

/** A PromQL string that matches exactly these names. */
function quoted(names: readonly string[]): string {
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return JSON.stringify(pattern)
}
