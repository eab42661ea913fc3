import type { Config } from '../config/load.ts'
import { jaegerTraces } from '../integrations/traces/jaeger-traces.ts'
import { SampledTraces } from '../integrations/traces/sampled-traces.ts'
import { tempoTraces } from '../integrations/traces/tempo-traces.ts'
import type { SpanSource } from '../pipeline/rca/ports.ts'
import { authorization, login } from './authorization.ts'

/** What traces are read from, as the environment and traces.yaml say; null: nothing that keeps traces is configured. */
export function spanSource({
  environment,
  traces: { jaeger, tempo, ...common },
}: Pick<Config, 'environment' | 'traces'>): SpanSource | null {
  const { JAEGER_URL, TEMPO_URL, TEMPO_TENANT } = environment
  if (JAEGER_URL !== null) {
    const user = login(environment.JAEGER_USER, environment.JAEGER_PASSWORD)
    const headers = headersOf(authorization(user, environment.JAEGER_BEARER_TOKEN))
    return new SampledTraces(jaegerTraces({ product: 'Jaeger', url: JAEGER_URL, headers }), {
      ...common,
      ...jaeger,
    })
  }
  if (TEMPO_URL === null) return null
  const user = login(environment.TEMPO_USER, environment.TEMPO_PASSWORD)
  const headers = {
    ...headersOf(authorization(user, environment.TEMPO_BEARER_TOKEN)),
    ...(TEMPO_TENANT === null ? {} : { 'x-scope-orgid': TEMPO_TENANT }),
  }
  return new SampledTraces(tempoTraces({ product: 'Tempo', url: TEMPO_URL, headers }), {
    ...common,
    ...tempo,
  })
}

function headersOf(credentials: string | null): Readonly<Record<string, string>> {
  return credentials === null ? {} : { authorization: credentials }
}
