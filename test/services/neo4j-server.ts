import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import neo4j from 'neo4j-driver'
import { isThere, mendOf, type Tool } from '../../scripts/prepare-machine.ts'

export type Neo4jServer =
  | {
      readonly kind: 'up'
      readonly port: number
      readonly user: string
      readonly password: string
      /** Its certificate is for `localhost` and signed by itself. */
      readonly caFile: string
      stop(): Promise<void>
    }
  | { readonly kind: 'missing'; readonly why: string }

const POM = fileURLToPath(new URL('./neo4j-pom.xml', import.meta.url))
const PASSWORD = 'graph-of-the-tests'
const TOOLS: readonly Tool[] = ['java', 'maven', 'openssl']
const START_WITHIN_MS = 120_000

/** A Neo4j server of its own, in an empty folder, that takes only TLS and only with the password. */
export async function startNeo4j(): Promise<Neo4jServer> {
  const there = await Promise.all(TOOLS.map(isThere))
  const lacking = TOOLS.filter((_, i) => there[i] !== true)
  if (lacking.length > 0) return { kind: 'missing', why: lacking.map(mendOf).join('; ') }
  const fetched = await fetchJars()
  if (fetched.fault !== null) return { kind: 'missing', why: fetched.fault }
  const home = mkdtempSync(join(tmpdir(), 'ccp-neo4j-'))
  const port = await freePort()
  await writeHome(home, port)
  const args = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m', '-cp', join(fetched.folder, '*')]
  const server = execa(
    'java',
    [
      ...args,
      'org.neo4j.server.CommunityEntryPoint',
      `--home-dir=${home}`,
      `--config-dir=${join(home, 'conf')}`,
    ],
    { reject: false, stdio: 'ignore' },
  )
  const caFile = join(home, 'certificates', 'bolt', 'public.crt')
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM')
    await server
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await choosePassword(port, caFile)
  } catch (error) {
    await stop()
    throw error
  }
  return { kind: 'up', port, user: 'neo4j', password: PASSWORD, caFile, stop }
}

/** From Maven Central, once for each version; kept beside the other files that runs leave. */
async function fetchJars(): Promise<{ readonly folder: string; readonly fault: string | null }> {
  const version = /<neo4j.version>(.*)<\/neo4j.version>/.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'
  const folder = fileURLToPath(new URL(`../../.ccp/services/neo4j-${version}`, import.meta.url))
  if (existsSync(folder)) return { folder, fault: null }
  const part = `${folder}.part`
  const fetched = await execa(
    'mvn',
    ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${part}`],
    { reject: false, timeout: 600_000, all: true },
  )
  if (fetched.exitCode !== 0) {
    const said = fetched.all.split('\n').find((line) => line.includes('ERROR')) ?? ''
    return { folder, fault: `let Maven reach Maven Central (${said.slice(0, 300)})` }
  }
  renameSync(part, folder)
  return { folder, fault: null }
}

async function writeHome(home: string, port: number): Promise<void> {
  const certificates = join(home, 'certificates', 'bolt')
  for (const folder of [certificates, join(home, 'conf'), join(home, 'logs')])
    mkdirSync(folder, { recursive: true })
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost'],
    ...['-keyout', join(certificates, 'private.key'), '-out', join(certificates, 'public.crt')],
  ])
  const settings = [
    `server.bolt.listen_address=localhost:${port}`,
    `server.bolt.advertised_address=localhost:${port}`,
    'server.bolt.tls_level=REQUIRED',
    'dbms.ssl.policy.bolt.enabled=true',
    'dbms.ssl.policy.bolt.base_directory=certificates/bolt',
    'dbms.ssl.policy.bolt.client_auth=NONE',
    'server.http.enabled=false',
    'server.https.enabled=false',
    'dbms.usage_report.enabled=false',
    'server.memory.heap.max_size=384m',
    'server.memory.pagecache.size=64m',
    'db.tx_log.preallocate=false',
  ]
  writeFileSync(join(home, 'conf', 'neo4j.conf'), `${settings.join('\n')}\n`)
}

/** A new server has the password "neo4j", which is good for changing it and for nothing else. */
async function choosePassword(port: number, caFile: string): Promise<void> {
  const driver = neo4j.driver(`bolt://localhost:${port}`, neo4j.auth.basic('neo4j', 'neo4j'), {
    encrypted: 'ENCRYPTION_ON',
    trust: 'TRUST_CUSTOM_CA_SIGNED_CERTIFICATES',
    trustedCertificates: [caFile],
    telemetryDisabled: true,
    maxTransactionRetryTime: 0,
  })
  const change = (): Promise<unknown> =>
    driver.executeQuery(
      'ALTER CURRENT USER SET PASSWORD FROM $old TO $new',
      { old: 'neo4j', new: PASSWORD },
      { database: 'system' },
    )
  try {
    await untilDone(change, START_WITHIN_MS)
  } finally {
    await driver.close()
  }
}

async function untilDone(attempt: () => Promise<unknown>, withinMs: number): Promise<void> {
  for (const startedMs = Date.now(); ;) {
    try {
      return void (await attempt())
    } catch (error) {
      if (Date.now() - startedMs > withinMs) throw error
      await sleep(250)
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
