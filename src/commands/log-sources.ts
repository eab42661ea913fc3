import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import type { Environment } from '../config/schema/environment.ts'
import { LogFiles } from '../integrations/log-files/log-files.ts'
import { SearchLogs, type Search } from '../integrations/log-search/search-logs.ts'
import { LokiLogs } from '../integrations/loki/loki-logs.ts'
import type { LogSource } from '../pipeline/rca/ports.ts'
import { authorization, login } from './authorization.ts'

const MAX_LOG_BYTES = 8 * 1024 * 1024

/** All that logs are read from, as the environment and logs.yaml say. A client is loaded only where its store is there. */
export async function logSources({
  environment,
  logs,
}: Pick<Config, 'environment' | 'logs'>): Promise<readonly LogSource[]> {
  const directory = join(environment.CCP_DATA_DIR, 'logs')
  const files = logs.files ? [new LogFiles({ directory, maxBytesPerFile: MAX_LOG_BYTES })] : []
  const stores = await Promise.all([elasticsearchLogs, openSearchLogs].map((open) => open(environment, logs)))
  return [...files, ...stores.flat(), ...lokiLogs(environment, logs)]
}

async function elasticsearchLogs(
  environment: Environment,
  logs: Config['logs'],
): Promise<readonly LogSource[]> {
  const { ELASTICSEARCH_URL: url, ELASTICSEARCH_API_KEY: apiKey } = environment
  if (url === null) return []
  const { elasticsearch } = await import('../integrations/log-search/elasticsearch.ts')
  const user = login(environment.ELASTICSEARCH_USER, environment.ELASTICSEARCH_PASSWORD)
  const auth = apiKey === null ? user : { apiKey }
  return [searchLogs(`Elasticsearch at ${url}`, logs, elasticsearch({ url, auth }))]
}

async function openSearchLogs(environment: Environment, logs: Config['logs']): Promise<readonly LogSource[]> {
  const { OPENSEARCH_URL: url, OPENSEARCH_USER: user, OPENSEARCH_PASSWORD: password } = environment
  if (url === null) return []
  const { openSearch } = await import('../integrations/log-search/opensearch.ts')
  return [searchLogs(`OpenSearch at ${url}`, logs, openSearch({ url, auth: login(user, password) }))]
}

function searchLogs(what: string, { search, names, deadlineMs }: Config['logs'], client: Search): SearchLogs {
  const { index, time, service, stream, fields, pageLines } = search
  return new SearchLogs(
    {
      what,
      index,
      timeField: time,
      serviceFields: service,
      streamFields: stream,
      fields,
      names,
      pageLines,
      deadlineMs,
    },
    client,
  )
}

function lokiLogs(
  environment: Environment,
  { loki, names, deadlineMs }: Config['logs'],
): readonly LogSource[] {
  const { LOKI_URL: url, LOKI_TENANT: tenant, LOKI_BEARER_TOKEN: token } = environment
  if (url === null) return []
  const user = login(environment.LOKI_USER, environment.LOKI_PASSWORD)
  return [
    new LokiLogs({ url, ...loki, names, deadlineMs, tenant, authorization: authorization(user, token) }),
  ]
}
