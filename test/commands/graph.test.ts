import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { graphFileIn } from '../../src/commands/compose-graph.ts'
import { graphCommand, type GraphOptions } from '../../src/commands/graph.ts'
import type { KnownCall } from '../../src/pipeline/signals/service-graph.ts'

const NOW_MS = Date.UTC(2026, 2, 1, 12)
const MINUTE_MS = 60_000
const WHOLE: GraphOptions = { service: null, depth: 3, json: false }

const call = (caller: string, callee: string, ...by: KnownCall['by']): KnownCall => ({ caller, callee, by })
const declared = { source: 'services.yaml', lastSeenMs: null } as const
const seen = (source: 'traces' | 'kubernetes' | 'service-graph' | 'metrics', minutes: number) => ({
  source,
  lastSeenMs: NOW_MS - minutes * MINUTE_MS,
})

/** `edge` calls gateway calls checkout calls payment calls ledger, and ledger calls gateway back. */
const CALLS = [
  call('checkout', 'payment', declared, seen('traces', 1)),
  call('edge', 'gateway', seen('metrics', 0)),
  call('gateway', 'checkout', seen('traces', 2), seen('service-graph', 180)),
  call('ledger', 'gateway', seen('kubernetes', 2 * 24 * 60)),
  call('payment', 'ledger', declared),
]

interface Place {
  /** services.yaml: who calls whom. */
  readonly services?: Readonly<Record<string, readonly string[]>>
  readonly kept?: readonly KnownCall[]
  readonly variables?: Readonly<Record<string, string>>
}

async function place({ services = {}, kept, variables = {} }: Place) {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-graph-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const config = join(folder, 'config')
  mkdirSync(config)
  const listed = Object.entries(services).map(
    ([name, dependsOn]) =>
      `  ${name}: { repository: /r, language: python, test: [t], start: [s], dependsOn: [${dependsOn.join(', ')}] }`,
  )
  const text = listed.length === 0 ? 'services: {}\n' : `services:\n${listed.join('\n')}\n`
  writeFileSync(join(config, 'services.yaml'), text)
  if (kept !== undefined) await graphFileIn(data).write({ keptAtMs: NOW_MS - 3 * MINUTE_MS, calls: kept })
  const environment = { CCP_CONFIG_DIR: config, CCP_DATA_DIR: data, ...variables }
  const lines: string[] = []
  const run = async (options: Partial<GraphOptions> = {}): Promise<readonly string[]> => {
    await graphCommand(
      { ...WHOLE, ...options },
      environment,
      (line) => lines.push(line),
      () => NOW_MS,
    )
    return lines.splice(0)
  }
  return { data, run }
}

const GRAPH_FILE = 'service-graph.json'
const DOWN = { NEO4J_URL: 'bolt://127.0.0.1:1' }

describe('the graph', () => {
  it('shows each call with who saw it and when, and says where it is from', async () => {
    const { run } = await place({ services: { gateway: [], search: [] }, kept: CALLS })
    expect(await run()).toEqual([
      'as the bot kept it 3 minutes ago, at 2026-03-01T11:57:00.000Z',
      '',
      '6 services, 5 calls',
      '  checkout -> payment  services.yaml, traces 1 minute ago',
      '  edge -> gateway      metrics just now',
      '  gateway -> checkout  traces 2 minutes ago, service-graph 3 hours ago',
      '  ledger -> gateway    kubernetes 2 days ago',
      '  payment -> ledger    services.yaml',
      '  without any call: search',
    ])
  })

  it('of a service are the calls that lead to it and on from it, the nearest first', async () => {
    const { run } = await place({ kept: CALLS })
    expect((await run({ service: 'payment', depth: 2 })).slice(2)).toEqual([
      'payment is called by, up to 2 calls away:',
      '  1  checkout -> payment  services.yaml, traces 1 minute ago',
      '  2  gateway -> checkout  traces 2 minutes ago, service-graph 3 hours ago',
      '',
      'payment calls, up to 2 calls away:',
      '  1  payment -> ledger  services.yaml',
      '  2  ledger -> gateway  kubernetes 2 days ago',
    ])
  })

  it('of a service ends where a circle closes, at whatever depth', async () => {
    const { run } = await place({ kept: CALLS })
    const [text = ''] = await run({ service: 'payment', depth: 16, json: true })
    const { callers, callees } = JSON.parse(text) as Record<'callers' | 'callees', { hops: number }[]>
    expect(callers.map(({ hops }) => hops)).toEqual([1, 2, 3, 3, 4])
    expect(callees.map(({ hops }) => hops)).toEqual([1, 2, 3, 4])
  })

  it('says of a service that nobody calls, and that calls nobody', async () => {
    const { run } = await place({ services: { search: [] }, kept: CALLS })
    expect((await run({ service: 'search', depth: 1 })).slice(2)).toEqual([
      'search is called by nobody that is known',
      '',
      'search calls nobody that is known',
    ])
    expect(await run({ service: 'edge', depth: 1 })).toContain('edge calls, one call away:')
  })

  it('is one object for machines', async () => {
    const { run } = await place({ services: { search: [] }, kept: CALLS.slice(0, 1) })
    const [whole = '', ...more] = await run({ json: true })
    expect(more).toEqual([])
    const payment = {
      caller: 'checkout',
      callee: 'payment',
      by: [
        { source: 'services.yaml', lastSeen: null },
        { source: 'traces', lastSeen: '2026-03-01T11:59:00.000Z' },
      ],
    }
    expect(JSON.parse(whole)).toEqual({
      source: 'bot',
      keptAt: '2026-03-01T11:57:00.000Z',
      faults: [],
      services: ['checkout', 'payment', 'search'],
      calls: [payment],
    })
    const [part = ''] = await run({ json: true, service: 'payment', depth: 2 })
    expect(JSON.parse(part)).toMatchObject({
      service: 'payment',
      depth: 2,
      callers: [{ hops: 1, ...payment }],
      callees: [],
    })
  })

  it('says that Neo4j is down, with the mend, and how old the last known graph is', async () => {
    const { run } = await place({ kept: CALLS, variables: DOWN })
    const [first, second] = await run()
    expect(first).toBe(
      'Neo4j at bolt://127.0.0.1:1 cannot be reached; check NEO4J_URL, and that the server runs',
    )
    expect(second).toBe('as the bot kept it 3 minutes ago, at 2026-03-01T11:57:00.000Z')
    const [text = ''] = await run({ json: true })
    expect(JSON.parse(text)).toMatchObject({
      source: 'bot',
      keptAt: '2026-03-01T11:57:00.000Z',
      faults: [{ code: 'unavailable', mend: 'check NEO4J_URL, and that the server runs' }],
    })
  })

  it('is what services.yaml declares where the bot has kept nothing', async () => {
    const { run, data } = await place({ services: { gateway: ['payment'], payment: [] } })
    expect(await run()).toEqual([
      `as services.yaml declares it, for the bot has not kept what it saw in ${join(data, GRAPH_FILE)}`,
      '',
      '2 services, 1 call',
      '  gateway -> payment  services.yaml',
    ])
  })

  it('is what services.yaml declares where what the bot kept cannot be read', async () => {
    const { run, data } = await place({ services: { gateway: ['payment'], payment: [] }, kept: CALLS })
    writeFileSync(join(data, GRAPH_FILE), '{"version":1,"ca')
    const [fault, origin] = await run()
    expect(fault).toMatch(/service-graph\.json is not a service graph of this version; remove it/)
    expect(origin).toBe('as services.yaml declares it, for what the bot kept cannot be read')
  })

  it('leaves out what was seen too long ago', async () => {
    const old = call('gateway', 'search', seen('traces', 9 * 24 * 60))
    const { run } = await place({ kept: [...CALLS, old] })
    expect((await run()).join('\n')).not.toContain('search')
  })

  it('that is empty says how it grows', async () => {
    const nothing = await place({})
    expect((await nothing.run()).slice(2)).toEqual([
      'no service is known: list yours in services.yaml',
      expect.stringContaining('dependsOn'),
    ])
    const alone = await place({ services: { payment: [] }, kept: [] })
    expect((await alone.run())[2]).toBe('1 service and no calls: payment')
  })

  it('names the services that it knows where it is asked about another', async () => {
    const { run } = await place({ kept: CALLS })
    await expect(run({ service: 'paymnet' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'the service graph knows no service "paymnet"',
      mend: 'it knows checkout, edge, gateway, ledger, payment',
    })
    const many = await place({
      kept: Array.from({ length: 40 }, (_, i) => call('hub', `s${i}`, seen('traces', 1))),
    })
    await expect(many.run({ service: 'x' })).rejects.toMatchObject({
      mend: expect.stringMatching(/, and 29 more$/),
    })
  })

  it('refuses an address that is none, with the mend', async () => {
    const { run } = await place({ variables: { NEO4J_URL: 'bolt+ssc://graph' } })
    await expect(run()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('NEO4J_URL is not a URL of Neo4j'),
    })
  })

  it('with thousands of calls is shown whole', async () => {
    const kept = Array.from({ length: 20_000 }, (_, i) =>
      call(`s${i % 400}`, `t${Math.floor(i / 400)}`, seen('traces', 1)),
    )
    const { run } = await place({ kept })
    expect(await run()).toHaveLength(20_003)
  })
})
