import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig, loadSettings, readVariable } from '../../src/config/load.ts'
import { CcpError } from '../../src/pipeline/errors.ts'

const SHIPPED = fileURLToPath(new URL('../../config', import.meta.url))

const complete = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_CHANNEL: 'C0123456789',
  PAGERDUTY_API_TOKEN: 'token',
  PAGERDUTY_FROM_EMAIL: 'ccp@example.com',
  CCP_ROUTER_URL: 'http://127.0.0.1:7000',
  CCP_CONFIG_DIR: SHIPPED,
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccp-load-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const shipped = (file: string): string => readFileSync(join(SHIPPED, file), 'utf8')
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)

/** The lines of the one error that all mistakes make. */
function mistakes(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    loadConfig(variables)
  } catch (thrown) {
    if (!(thrown instanceof CcpError)) throw thrown
    expect(thrown.code).toBe('bad-config')
    return thrown.message.split('\n').map((line) => line.trim())
  }
  throw new Error('the configuration was taken')
}

describe('a model for diagnoses', () => {
  it('is off as shipped, and asked for without a server a mistake', () => {
    expect(loadConfig(complete).rca.review.ask).toBe(false)
    write('rca.yaml', shipped('rca.yaml').replace('ask: false', 'ask: true'))
    const asking = { ...complete, CCP_CONFIG_DIR: folder }
    expect(mistakes(asking)).toEqual(expect.arrayContaining([expect.stringContaining('set CCP_MODEL_URL')]))
    const served = { ...asking, CCP_MODEL_URL: 'http://127.0.0.1:1/v1', CCP_MODEL_NAME: 'm-1' }
    expect(loadConfig(served).rca.review).toMatchObject({ ask: true, deadlineMs: 8_000 })
  })
})

describe('the configuration that ships', () => {
  it('loads with a complete environment, whole', () => {
    const config = loadConfig(complete)
    expect(Object.keys(config).sort()).toEqual(
      [
        'access',
        'concurrency',
        'deployment',
        'detection',
        'environment',
        'fixTemplates',
        'gates',
        'logs',
        'planning',
        'rca',
        'services',
        'traces',
        'verification',
      ].sort(),
    )
    expect(config.environment).toMatchObject({
      CCP_PORT: 8080,
      SMTP_HOST: null,
      PAGERDUTY_WEBHOOK_SECRETS: [],
    })
    expect(config.concurrency).toMatchObject({ maxOperations: 3, leaseMs: 30_000 })
  })

  it('lets nobody approve until people are named', () => {
    expect(loadConfig(complete).access.members).toEqual([])
  })

  it('cannot be changed once it is loaded, at any depth', () => {
    const seen = new Set<unknown>()
    const thawed: string[] = []
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return
      seen.add(value)
      if (!Object.isFrozen(value)) thawed.push(path)
      for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`)
    }
    walk(loadConfig(complete), 'config')
    expect(thawed).toEqual([])
    expect(seen.size).toBeGreaterThan(50)
  })
})

describe('mistakes', () => {
  it('in two files and the environment are all named at once, each with file, line and mend', () => {
    write('concurrency.yaml', shipped('concurrency.yaml').replace('lockTtl: 15m', 'lockTtl: fifteen'))
    const access = shipped('access.yaml')
      .replace('pause: [on-call, lead]', 'pause: [boss]')
      .replace('permissions:', 'permisions:\n  x: 1\npermissions:')
    write('access.yaml', access)
    const lines = mistakes({ ...complete, CCP_CONFIG_DIR: folder, SLACK_CHANNEL: '' })
    const lineOf = (text: string, start: string): number =>
      text.split('\n').findIndex((each) => each.trimStart().startsWith(start)) + 1
    expect(lines[0]).toBe('the configuration has 4 mistakes:')
    const named = lines.slice(1).map((line) => line.replace(/^\S*[/\\]/, ''))
    expect(named).toContainEqual(expect.stringMatching(/^environment: SLACK_CHANNEL is not set: Channel id/))
    expect(named).toContainEqual(
      `access.yaml:${lineOf(access, 'pause:')}: permissions.pause[0]: must be on-call or lead`,
    )
    expect(named).toContainEqual(
      `access.yaml:${lineOf(access, 'permisions:')}: permisions is not a known key: remove it or correct its spelling`,
    )
    expect(named).toContainEqual(
      `concurrency.yaml:${lineOf(shipped('concurrency.yaml'), 'lockTtl:')}: lockTtl: is not a duration: write a number and a unit, such as 250ms, 10s, 5m, 2h, 1d`,
    )
  })

  it('of one kind are counted as one', () => {
    expect(mistakes({ ...complete, CCP_ROUTER_URL: 'localhost:7000' })).toEqual([
      'the configuration has one mistake:',
      expect.stringMatching(/^environment: CCP_ROUTER_URL .*http/),
    ])
  })

  it.each([
    ['SLACK_BOT_TOKEN', 'xoxp-user', /begins with xoxb-/],
    ['SLACK_APP_TOKEN', '', /is needed for SLACK_MODE=socket/],
    ['SLACK_MODE', 'carrier-pigeon', /must be socket or http/],
    ['SLACK_CHANNEL', '#incidents', /copy it from the channel details/],
    ['PAGERDUTY_FROM_EMAIL', 'me', /not an e-mail address/],
    ['CCP_PORT', '70000', /from 0 to 65535/],
    ['CCP_LOG_LEVEL', 'loud', /must be debug, info, warn or error/],
    ['PROMETHEUS_URL', 'prometheus', /write it with http/],
    ['NEO4J_URL', 'bolt+ssc://graph', /write it with neo4j\+s/],
    ['NEO4J_URL', 'bolt+s://neo4j:secret@graph', /host and port alone/],
    ['KUBERNETES_NAMESPACES', ' , ', /name a namespace/],
    ['CCP_MODEL_URL', 'http://model', /CCP_MODEL_NAME is needed/],
  ])('in %s are named with the mend', (name, value, words) => {
    const [, line] = mistakes({ ...complete, [name]: value })
    expect(line).toMatch(words)
  })

  it('name a folder that is not there', () => {
    const lines = mistakes({ ...complete, CCP_CONFIG_DIR: join(folder, 'none') })
    expect(lines[1]).toMatch(/none: CCP_CONFIG_DIR names a folder that does not exist/)
  })

  it('never repeat a secret', () => {
    const lines = mistakes({
      ...complete,
      SLACK_BOT_TOKEN: 'hunter2-secret',
      SLACK_APP_TOKEN: 'hunter3-secret',
    })
    expect(lines.join('\n')).not.toContain('secret')
  })

  it('include a file that cannot be read', () => {
    mkdirSync(join(folder, 'rca.yaml'))
    expect(mistakes({ ...complete, CCP_CONFIG_DIR: folder })[1]).toMatch(/rca\.yaml: cannot be read/)
  })
})

describe('a service with configuration in a repository of its own', () => {
  const service = (config: string, more = ''): string =>
    `services:\n  payment:\n    repository: /code\n    language: python\n${more}    config: ${config}\n`

  it('is taken with its defaults', () => {
    write('services.yaml', service('{ repository: /settings, path: prod/payment.env }'))
    const [payment] = loadSettings(['services'], { CCP_CONFIG_DIR: folder }).services
    expect(payment?.config).toEqual({
      repository: '/settings',
      branch: 'main',
      path: 'prod/payment.env',
      testCommand: null,
      protectedPaths: [],
    })
  })

  it.each([
    ['{ path: payment.env }', /config\.repository: is missing: name a directory or URL/],
    ['{ repository: /settings }', /config\.path: is missing: name the service's file/],
    ['{ repository: /settings, path: ../payment.env }', /config\.path: must be a path inside the repository/],
    ['{ repository: /settings, path: payment.xml }', /config\.path: must end in \.env, \.yaml/],
    ['{ repository: /code, path: payment.env }', /config\.repository: is that of the code/],
    ['{ repository: /settings, path: payment.env, file: x }', /config\.file is not a known key/],
  ])('is refused with the mend: %s', (config, words) => {
    write('services.yaml', service(config))
    expect(() => loadSettings(['services'], { CCP_CONFIG_DIR: folder })).toThrow(words)
  })

  it('does not set the variable that the deploy target sets', () => {
    write(
      'services.yaml',
      service('{ repository: /settings, path: a.env }', '    environment: { CONFIG_FILE: /etc/a.env }\n'),
    )
    expect(() => loadSettings(['services'], { CCP_CONFIG_DIR: folder })).toThrow(
      /services\.yaml:5: .*environment\.CONFIG_FILE: is set by the deploy target/,
    )
  })
})

describe("a folder of one's own", () => {
  it('replaces file by file what ships', () => {
    write(
      'concurrency.yaml',
      shipped('concurrency.yaml').replace('maxOperations: 3', 'maxOperations: ${MAX:-1}'),
    )
    const variables = { ...complete, CCP_CONFIG_DIR: folder }
    expect(loadConfig(variables).concurrency.maxOperations).toBe(1)
    expect(loadConfig({ ...variables, MAX: '2' }).concurrency.maxOperations).toBe(2)
    expect(loadConfig(variables).verification).toEqual(loadConfig(complete).verification)
  })
})

describe('parts of the configuration', () => {
  it('are read alone by commands that need no Slack and no PagerDuty', () => {
    const settings = loadSettings(['verification'], { CCP_CONFIG_DIR: SHIPPED })
    expect(Object.keys(settings)).toEqual(['verification'])
    expect(Object.isFrozen(settings.verification)).toBe(true)
  })

  it('are not asked for the mistakes of others', () => {
    write('access.yaml', 'members: 1')
    expect(() => loadSettings(['verification'], { CCP_CONFIG_DIR: folder })).not.toThrow()
    expect(() => loadSettings(['access'], { CCP_CONFIG_DIR: folder })).toThrow('access.yaml')
  })

  it('fall back to their defaults for variables that are empty', () => {
    expect(readVariable('CCP_PORT', { CCP_PORT: '' })).toBe('8080')
    expect(readVariable('SLACK_CHANNEL', {})).toBe('')
  })
})
