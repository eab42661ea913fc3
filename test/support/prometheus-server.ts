import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RawSeries } from '../../src/integrations/prometheus/metric-names.ts'
import { labelText } from '../contracts/metrics-timeline.ts'

/** A server whose database was filled from OpenMetrics, as `promtool tsdb create-blocks-from` does. */
export async function prometheusWith(
  series: readonly RawSeries[],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'ccp-prometheus-'))
  writeFileSync(join(folder, 'history.txt'), openMetrics(series))
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {scrape_interval: 1h}\n')
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', 'history.txt', 'data'], {
    cwd: folder,
    stdio: 'pipe',
  })
  const port = await freePort()
  const server = spawn(
    'prometheus',
    [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      '--storage.tsdb.retention.time=30d',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: folder, stdio: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  await untilReady(url)
  return {
    url,
    async close() {
      const exited = once(server, 'exit')
      server.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function openMetrics(series: readonly RawSeries[]): string {
  const byName = Map.groupBy(series, (one) => one.name)
  const lines = [...byName].flatMap(([name, ofName]) => [
    `# TYPE ${name} unknown`,
    ...ofName.flatMap((one) =>
      one.tMs.map((t, index) => `${name}{${labelText(one.labels)}} ${one.v[index]} ${t / 1000}`),
    ),
  ])
  return `${lines.join('\n')}\n# EOF\n`
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const ready = await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return
    await sleep(100)
  }
  throw new Error(`Prometheus at ${url} did not get ready in 20 s`)
}
