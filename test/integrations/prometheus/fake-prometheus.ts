import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { RawSeries } from '../../../src/integrations/prometheus/metric-names.ts'
import { serve } from './page-server.ts'

/** Answers range selectors over these series as Prometheus' query API does; the real one is asked in test/system. */
export function fakePrometheus(series: readonly RawSeries[]) {
  return serve(async (request: IncomingMessage, response) => {
    const form = new URLSearchParams(await text(request))
    const selector = /^\{__name__=~("(?:[^"\\]|\\.)*"),service=~("(?:[^"\\]|\\.)*")\}\[(\d+)ms\]$/.exec(
      form.get('query') ?? '',
    )
    const [, names = '""', services = '""', range = '0'] = selector ?? []
    const toMs = Math.round(Number(form.get('time')) * 1000)
    const matches = (pattern: string, value = '') =>
      new RegExp(`^(?:${JSON.parse(pattern) as string})$`).test(value)
    const result = series
      .filter((one) => matches(names, one.name) && matches(services, one.labels.service))
      .map((one) => ({
        metric: { __name__: one.name, ...one.labels },
        values: one.tMs
          .map((t, index) => [t / 1000, String(one.v[index])] as const)
          .filter(([t]) => t * 1000 > toMs - Number(range) && t * 1000 <= toMs),
      }))
      .filter((one) => one.values.length > 0)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
  })
}
