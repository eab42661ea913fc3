import { describe, expect, it } from 'vitest'
import { logSources } from '../../src/commands/log-sources.ts'
import { loadConfig } from '../../src/config/load.ts'

const NEEDED = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_CHANNEL: 'C0123456789',
  PAGERDUTY_API_TOKEN: 'token',
  PAGERDUTY_FROM_EMAIL: 'ccp@example.com',
  CCP_ROUTER_URL: 'http://127.0.0.1:7000',
}
const kinds = async (variables: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await logSources(loadConfig({ ...NEEDED, ...variables }))).map((source) => source.constructor.name)

describe('the sources of logs', () => {
  it('are the files alone where no store is named', async () => {
    expect(await kinds({})).toEqual(['LogFiles'])
  })

  it('are the stores that the environment names as well', async () => {
    const stores = {
      ELASTICSEARCH_URL: 'http://elastic.example:9200',
      OPENSEARCH_URL: 'http://opensearch.example:9200',
      LOKI_URL: 'http://loki.example:3100',
    }
    expect(await kinds(stores)).toEqual(['LogFiles', 'SearchLogs', 'SearchLogs', 'LokiLogs'])
  })

  it.each([
    [{ LOKI_USER: 'reader' }, /LOKI_PASSWORD is missing: user and password go together/],
    [{ OPENSEARCH_PASSWORD: 'x' }, /OPENSEARCH_USER is missing/],
    [{ ELASTICSEARCH_URL: 'https://reader:secret@elastic.example' }, /ELASTICSEARCH_URL holds a password/],
    [{ LOKI_URL: 'loki:3100' }, /LOKI_URL/],
  ])('are refused with what is wrong: %o', (variables, words) => {
    expect(() => loadConfig({ ...NEEDED, ...variables })).toThrow(words)
  })
})
