import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildRepositories, type Repository } from '../../demo/shop/build-repositories.ts'
import { orderAt } from '../../demo/shop/orders.ts'
import { serviceNames, services, type ServiceName } from '../../demo/shop/services.ts'
import { run, startService, type Running } from './shop-processes.ts'

const directory = mkdtempSync(join(tmpdir(), 'shop-orders-'))
const routerScript = join(import.meta.dirname, '../../demo/shop/router.ts')
const loadScript = join(import.meta.dirname, '../../demo/shop/load-generator.ts')
const source = { seed: 7, runId: 'test' }
const guestOrder = orderAt({ ...source, guestRatio: 1 }, 0)
const accountOrder = orderAt({ ...source, guestRatio: 0 }, 1)

let repositories: Record<ServiceName, Repository>
let router: Running
let ports: Record<ServiceName, number>
let adminUrl = ''
const running: Record<string, Running & { url: string }> = {}

const urlOf = (service: ServiceName) => `http://127.0.0.1:${ports[service]}`
const post = (url: string, body: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(body) })

async function checkoutOf(service: ServiceName, version: string, commit: string): Promise<string> {
  const checkout = join(directory, `${service}-${version}`)
  await execa('git', ['worktree', 'add', '--quiet', '--detach', checkout, commit], {
    cwd: repositories[service].path,
  })
  return checkout
}

async function route(service: ServiceName, version: string): Promise<void> {
  const backends = [{ version, url: running[`${service} ${version}`]?.url, weight: 100 }]
  const answer = await fetch(`${adminUrl}/routes/${service}`, {
    method: 'PUT',
    body: JSON.stringify({ backends }),
  })
  expect(answer.status).toBe(200)
}

async function start(service: ServiceName, version: string, commit: string): Promise<void> {
  running[`${service} ${version}`] = await startService(service, await checkoutOf(service, version, commit), {
    version,
    urlOf,
  })
  await route(service, version)
}

beforeAll(async () => {
  repositories = await buildRepositories(join(directory, 'origin'), Date.now())
  const config = join(directory, 'router.json')
  writeFileSync(
    config,
    JSON.stringify({ services: Object.fromEntries(serviceNames.map((name) => [name, { port: 0 }])) }),
  )
  router = run([process.execPath, routerScript, '--config', config])
  const ready = JSON.parse(await router.line(() => true)) as {
    adminPort: number
    ports: Record<ServiceName, number>
  }
  ports = ready.ports
  adminUrl = `http://127.0.0.1:${ready.adminPort}`
  for (const service of ['inventory', 'checkout', 'gateway'] as const)
    await start(service, 'current', repositories[service].commits.deployed)
  await start('payment', 'healthy', repositories.payment.commits.healthy)
  await start('payment', 'deployed', repositories.payment.commits.deployed)
})

afterAll(async () => {
  const codes = await Promise.all([router, ...Object.values(running)].map((one) => one.stop()))
  rmSync(directory, { recursive: true })
  expect(codes).toEqual(codes.map(() => 0))
})

describe('null-dereference in the shop', () => {
  it('charges every order at the healthy release', async () => {
    await route('payment', 'healthy')
    for (const order of [guestOrder, accountOrder]) {
      const answer = await post(`${urlOf('gateway')}/orders`, order)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject({ order_id: order.order_id, state: 'confirmed' })
    }
  })

  it('fails guests alone at the deployed release: 500 at payment, 502 at the gateway', async () => {
    await route('payment', 'deployed')
    const guest = { ...guestOrder, order_id: 'ord_guest' }
    expect((await post(`${urlOf('payment')}/charge`, guest)).status).toBe(500)
    expect((await post(`${urlOf('gateway')}/orders`, guest)).status).toBe(502)
    expect(
      (await post(`${urlOf('gateway')}/orders`, { ...accountOrder, order_id: 'ord_account' })).status,
    ).toBe(200)
  })

  it('logs the cause with stack and request at payment, the symptom without them at its callers', async () => {
    const failed = JSON.parse(
      (await running['payment deployed']?.line((line) => line.includes('Traceback'))) ?? '',
    )
    expect(failed).toMatchObject({
      level: 'error',
      service: 'payment',
      version: 'deployed',
      status: 500,
      error: { type: 'TypeError', message: "'NoneType' object is not subscriptable" },
      request: { method: 'POST', path: '/charge', body: { order_id: 'ord_guest', customer: {} } },
    })
    expect(failed.error.stack).toMatch(
      /payment\/receipt\.py", line \d+, in build_receipt\n {4}country = address\["country"\]/,
    )
    const symptoms = { checkout: 'upstream payment answered 500', gateway: 'upstream checkout answered 502' }
    for (const [service, message] of Object.entries(symptoms)) {
      const line = await running[`${service} current`]?.line((text) => text.includes('"level":"error"'))
      expect(JSON.parse(line ?? '')).toMatchObject({ message, status: 502 })
      expect(line).not.toContain('stack')
    }
  })

  it('has one trace from the gateway to the plain log of inventory', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    await fetch(`${urlOf('gateway')}/orders`, {
      method: 'POST',
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: JSON.stringify({ ...accountOrder, order_id: 'ord_traced' }),
    })
    for (const name of ['gateway current', 'checkout current', 'payment deployed', 'inventory current'])
      expect(await running[name]?.line((line) => line.includes(traceId))).toContain('request answered')
    const plain = await running['inventory current']?.line((line) => line.includes(traceId))
    expect(plain).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]{12}Z INFO \[inventory\] request answered version=current method=POST /,
    )
  })

  it('shows edges, versions and what the process uses in the metrics', async () => {
    const checkout = await (await fetch(`${running['checkout current']?.url}/metrics`)).text()
    const labels = 'service="checkout",version="current"'
    expect(checkout).toMatch(
      new RegExp(`http_client_requests_total{${labels},target="payment",status="500"} \\d`),
    )
    expect(checkout).toMatch(
      new RegExp(`http_requests_total{${labels},route="/checkout",method="POST",status="502"} \\d`),
    )
    for (const one of Object.values(running)) {
      const text = await (await fetch(`${one.url}/metrics`)).text()
      for (const name of [
        'process_resident_memory_bytes',
        'process_cpu_seconds_total',
        'process_open_fds',
        'build_info',
      ])
        expect(text).toMatch(new RegExp(`^${name}{service="\\w+",version="\\w+"} [\\d.]+$`, 'm'))
      expect(text).toMatch(/^http_request_duration_seconds_bucket{.*le="\+Inf"} \d+$/m)
    }
  })

  it('is mended by guarding the address: guests are charged, the unit tests pass', async () => {
    const checkout = await checkoutOf('payment', 'mended', repositories.payment.commits.deployed)
    const file = join(checkout, 'payment/receipt.py')
    const guarded = 'country = address["country"] if address is not None else None'
    writeFileSync(file, readFileSync(file, 'utf8').replace('country = address["country"]', guarded))
    const [program, ...args] = services.payment.testCommand
    await execa(program, args, { cwd: checkout })
    running['payment mended'] = await startService('payment', checkout, { version: 'mended', urlOf })
    await route('payment', 'mended')
    const answer = await post(`${urlOf('gateway')}/orders`, { ...guestOrder, order_id: 'ord_mended' })
    expect(answer.status).toBe(200)
    const { receipt } = (await answer.json()) as { receipt: { tax: unknown; billed_to: unknown } }
    expect(receipt).toMatchObject({ billed_to: [], tax: { country: null } })
  })

  it('answers every order of the load generator at the rate asked for', async () => {
    await route('payment', 'healthy')
    const args = [
      '--url',
      urlOf('gateway'),
      '--rps',
      '50',
      '--seed',
      '3',
      '--run-id',
      'load',
      '--seconds',
      '2',
    ]
    const load = run([process.execPath, loadScript, ...args])
    await new Promise((resolve) => load.child.once('close', resolve))
    const reports = load.lines.map(
      (line) => JSON.parse(line) as { sent: number; byStatus: Record<string, number> },
    )
    const sent = reports.reduce((sum, report) => sum + report.sent, 0)
    const confirmed = reports.reduce((sum, report) => sum + (report.byStatus[200] ?? 0), 0)
    expect(sent).toBeGreaterThanOrEqual(95)
    expect(sent).toBeLessThanOrEqual(101)
    expect(confirmed).toBe(sent)
  })

  it('says what is wrong with the options of the load generator', async () => {
    const answer = await execa(process.execPath, [loadScript, '--url', 'gateway', '--rps', '0'], {
      reject: false,
    })
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(/--url: must be an http:\/\/ URL; --rps: /)
  })
})
