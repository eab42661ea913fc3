import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backendsSchema, problemsOf, readConfig } from '../../demo/shop/router/routing-config.ts'
import { RoutingTable } from '../../demo/shop/router/routing-table.ts'

let directory = ''
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'shop-table-'))))
afterEach(() => rmSync(directory, { recursive: true }))

const old = { version: 'v1', url: 'http://127.0.0.1:9001', weight: 100 }
const split = [
  { ...old, weight: 90 },
  { version: 'v2', url: 'http://127.0.0.1:9002', weight: 10 },
]

const tableOf = (stateFile?: string) =>
  new RoutingTable({ services: { payment: { port: 0, backends: [old] }, gateway: { port: 0 } }, stateFile })

describe('RoutingTable', () => {
  it('raises the generation of a service with each change of its routes', () => {
    const table = tableOf()
    expect(table.replace('payment', split)).toMatchObject({
      kind: 'applied',
      routes: { generation: 1, backends: split },
    })
    expect(table.replace('payment', [old])).toMatchObject({ kind: 'applied', routes: { generation: 2 } })
    expect(table.routesOf('gateway')).toEqual({ generation: 0, backends: [] })
  })

  it('refuses a change made for another generation and stays as it was', () => {
    const table = tableOf()
    table.replace('payment', split, 0)
    expect(table.replace('payment', [old], 0)).toMatchObject({ kind: 'stale', routes: { generation: 1 } })
    expect(table.routesOf('payment')?.backends).toEqual(split)
  })

  it('takes a change that was already made as done, so that it can be sent again', () => {
    const table = tableOf()
    table.replace('payment', split, 0)
    expect(table.replace('payment', split, 0)).toMatchObject({ kind: 'applied', routes: { generation: 1 } })
  })

  it('names a service that it does not know', () => {
    expect(tableOf().replace('billing', [old])).toEqual({ kind: 'unknown-service' })
  })

  it('resumes from its state file', () => {
    const stateFile = join(directory, 'state.json')
    tableOf(stateFile).replace('payment', split)
    expect(tableOf(stateFile).all()).toEqual({
      payment: { generation: 1, backends: split },
      gateway: { generation: 0, backends: [] },
    })
  })

  it('applies nothing when the state cannot be kept', () => {
    const table = tableOf(join(directory, 'missing', 'state.json'))
    expect(() => table.replace('payment', split)).toThrow(/ENOENT/)
    expect(table.routesOf('payment')).toEqual({ generation: 0, backends: [old] })
  })

  it('does not start from a state file that is damaged', () => {
    const stateFile = join(directory, 'state.json')
    tableOf(stateFile).replace('payment', split)
    writeFileSync(stateFile, readFileSync(stateFile, 'utf8').slice(0, 40))
    expect(() => tableOf(stateFile)).toThrow(/state\.json cannot be read as JSON/)
  })
})

describe('input of the router', () => {
  it.each([
    ['weights that do not sum to 100', [{ ...old, weight: 90 }], 'weights must sum to 100, they sum to 90'],
    [
      'a version named twice',
      [
        { ...old, weight: 50 },
        { ...old, weight: 50 },
      ],
      'version v1 is named twice',
    ],
    ['a negative weight', [{ ...old, weight: -1 }], '0.weight'],
    ['an address that is no http URL', [{ ...old, url: 'payment:80' }], '0.url: must be an http:// URL'],
    ['an empty list', [], 'must name at least one backend'],
  ])('refuses %s', (_what, backends, problem) => {
    const result = backendsSchema.safeParse(backends)
    expect(result.success ? '' : problemsOf(result.error)).toContain(problem)
  })

  it('has every mistake of the configuration named at once', () => {
    const path = join(directory, 'router.json')
    writeFileSync(
      path,
      JSON.stringify({ adminPort: 99_999, services: { payment: { port: 'x' }, gateway: {} }, extra: 1 }),
    )
    expect(() => readConfig(path)).toThrow(
      /adminPort: .*services\.payment\.port: .*services\.gateway\.port: .*extra/s,
    )
  })
})
