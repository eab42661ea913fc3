import { afterEach, describe, expect, it } from 'vitest'
import { spanSource } from '../../src/commands/span-source.ts'
import { loadConfig } from '../../src/config/load.ts'
import { httpServer } from '../support/http-server.ts'

const NEEDED = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_CHANNEL: 'C0123456789',
  PAGERDUTY_API_TOKEN: 'token',
  PAGERDUTY_FROM_EMAIL: 'ccp@example.com',
  CCP_ROUTER_URL: 'http://127.0.0.1:7000',
}
const WINDOW = { services: ['payment'], fromMs: 0, toMs: 600_000, limit: 100 }

describe('the source of spans', () => {
  let server: Awaited<ReturnType<typeof httpServer>> | null = null
  afterEach(async () => {
    await server?.close()
    server = null
  })

  it('is none where no server of traces is named', () => {
    expect(spanSource(loadConfig(NEEDED))).toBeNull()
  })

  it('is Jaeger, with user and password', async () => {
    server = await httpServer(() => ({ body: { data: [], errors: null } }))
    const login = { JAEGER_USER: 'reader', JAEGER_PASSWORD: 'pässword' }
    const source = spanSource(loadConfig({ ...NEEDED, ...login, JAEGER_URL: server.url }))
    expect(await source?.spansBetween(WINDOW)).toEqual([])
    const [asked] = server.asked
    expect(asked?.url.pathname).toBe('/api/traces')
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('reader:pässword').toString('base64')}`)
  })

  it('is Tempo, with token and tenant', async () => {
    server = await httpServer(() => ({ body: { traces: [] } }))
    const login = { TEMPO_BEARER_TOKEN: 'secret', TEMPO_TENANT: 'team-a' }
    const source = spanSource(loadConfig({ ...NEEDED, ...login, TEMPO_URL: server.url }))
    expect(await source?.spansBetween(WINDOW)).toEqual([])
    const [asked] = server.asked
    expect(asked?.url.pathname).toBe('/api/search')
    expect(asked?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-scope-orgid': 'team-a' })
  })

  it.each([
    [{ JAEGER_USER: 'reader' }, /JAEGER_PASSWORD is missing: user and password go together/],
    [{ TEMPO_URL: 'https://reader:secret@tempo.example' }, /TEMPO_URL holds a password/],
    [{ JAEGER_URL: 'jaeger:16686' }, /JAEGER_URL is not a URL/],
    [
      { JAEGER_URL: 'http://jaeger.example', TEMPO_URL: 'http://tempo.example' },
      /TEMPO_URL stands beside JAEGER_URL: traces are read from one of them/,
    ],
  ])('is refused with what is wrong: %o', (variables, words) => {
    expect(() => loadConfig({ ...NEEDED, ...variables })).toThrow(words)
  })
})
