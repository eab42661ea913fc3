import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readYaml } from '../src/config/read-yaml.ts'
import { servicesSchema } from '../src/config/schema/services.ts'
import { ProcessTarget } from '../src/integrations/processes/process-target.ts'
import { buildRepositories, type Repository } from './shop/build-repositories.ts'
import { serviceNames, type ServiceName } from './shop/services.ts'
import { stageDeploys } from './shop/stage-deploys.ts'
import { startChild, type Child } from './child-process.ts'
import { startOutside, type Outside } from './shop/start-outside.ts'

/** The sample system, running: what production is to the bot. */
export interface Shop {
  readonly repositories: Record<ServiceName, Repository>
  readonly routerUrl: string
  readonly urlOf: Readonly<Record<ServiceName, string>>
  /** What demo/config/services.yaml needs to be filled in. */
  readonly environment: Readonly<Record<string, string>>
  /** What the shop calls outside of itself, which a scenario may make slow or faulty. */
  readonly outside: Outside
  /** Lets the router turn away a share of a service's requests by itself, as it does when the network behind it is bad. */
  disturbNetwork(service: ServiceName, fault: NetworkFault): Promise<void>
  /** A wholesale buyer begins to order as well: by the carton, under order numbers of their own (`{n}` becomes the number). */
  openWholesale(buyer: { readonly ordersPerSecond: number; readonly orderNumber: string }): Promise<void>
  /** Puts a release of a service (a name in its `releases`) into production, as its team's pipeline would. */
  deploy(service: ServiceName, release: string): Promise<void>
  /** Brings every service back to its healthy release; false where all are there already. */
  restore(): Promise<boolean>
  close(): Promise<void>
}

export interface NetworkFault {
  /** Share of the requests. */
  readonly share: number
  readonly status: 502 | 503 | 504
}

const readySchema = z.object({ adminPort: z.number(), ports: z.record(z.string(), z.number()) })
const script = (name: string): string => fileURLToPath(new URL(`./shop/${name}`, import.meta.url))
const SERVICES_FILE = fileURLToPath(new URL('./config/services.yaml', import.meta.url))

/** Builds the repositories, starts router, services and load under `directory`; all at their healthy release. */
export async function startShop(
  directory: string,
  dataDirectory: string,
  requestsPerSecond: number,
): Promise<Shop> {
  mkdirSync(directory, { recursive: true })
  const repositories = await buildRepositories(join(directory, 'repositories'), Date.now())
  const router = await startRouter(directory)
  const { adminPort, ports } = readySchema.parse(router.ready)
  const urlOf = Object.fromEntries(
    serviceNames.map((name) => [name, `http://127.0.0.1:${ports[name] ?? 0}`]),
  ) as Record<ServiceName, string>
  const routerUrl = `http://127.0.0.1:${adminPort}`
  const outside = await startOutside(join(directory, 'outside.log'))
  const environment = {
    SHOP_REPOSITORIES: join(directory, 'repositories'),
    SHOP_NODE: process.execPath,
    SHOP_OUTSIDE_URL: outside.url,
    SHOP_CHECKOUT_URL: urlOf.checkout,
    SHOP_PAYMENT_URL: urlOf.payment,
    SHOP_INVENTORY_URL: urlOf.inventory,
  }
  const target = deployTarget(environment, dataDirectory, routerUrl)
  const stage = () => stageDeploys(deploysFile(dataDirectory), Object.values(repositories))
  await stage()
  const deploy = async (name: ServiceName, release: string) => {
    const found = repositories[name].releases[release]
    if (found === undefined) throw new Error(`${name} has no release ${release}`)
    await target.deploy(name, found.commit, found.version)
  }
  await Promise.all(serviceNames.map((name) => deploy(name, 'healthy')))
  const load = await startLoad(directory, urlOf.gateway, requestsPerSecond)
  const network = networkAt(routerUrl)
  const wholesale: Child[] = []
  return {
    repositories,
    routerUrl,
    urlOf,
    environment,
    outside,
    deploy,
    disturbNetwork: network.disturb,
    async openWholesale({ ordersPerSecond, orderNumber }) {
      const more = ['--wholesale-number', orderNumber]
      wholesale.push(await startLoad(directory, urlOf.gateway, ordersPerSecond, more))
    },
    async restore() {
      const outsideChanged = await outside.restore()
      const networkChanged = await network.restore()
      let changed = outsideChanged || networkChanged || wholesale.length > 0
      for (const buyer of wholesale.splice(0)) await buyer.stop()
      await stage()
      for (const name of serviceNames) {
        const [serving] = await target.releases(name)
        if (serving?.commit === repositories[name].commits.healthy) continue
        await deploy(name, 'healthy')
        changed = true
      }
      return changed
    },
    async close() {
      for (const one of [load, ...wholesale]) await one.stop()
      await target.endAll()
      await router.stop()
      await outside.stop()
    },
  }
}

function startRouter(directory: string): Promise<Child> {
  const config = join(directory, 'router.json')
  const services = Object.fromEntries(serviceNames.map((name) => [name, { port: 0 }]))
  writeFileSync(config, JSON.stringify({ services }))
  return startChild(script('router.ts'), ['--config', config], {
    env: process.env,
    logFile: join(directory, 'router.log'),
  })
}

function startLoad(
  directory: string,
  url: string,
  requestsPerSecond: number,
  more: readonly string[] = [],
): Promise<Child> {
  const args = ['--url', url, '--rps', String(requestsPerSecond), ...more]
  return startChild(script('load-generator.ts'), args, {
    env: process.env,
    logFile: join(directory, 'load.log'),
  })
}

/** The network between the router and the services; `restore` answers whether there was anything to mend. */
function networkAt(routerUrl: string) {
  const disturbed = new Set<ServiceName>()
  const put = async (service: ServiceName, fault: Partial<NetworkFault>): Promise<void> => {
    const answer = await fetch(`${routerUrl}/faults/${service}`, {
      method: 'PUT',
      body: JSON.stringify(fault),
    })
    if (!answer.ok) throw new Error(`the router refuses: ${await answer.text()}`)
  }
  return {
    async disturb(service: ServiceName, fault: NetworkFault): Promise<void> {
      disturbed.add(service)
      await put(service, fault)
    },
    async restore(): Promise<boolean> {
      const changed = disturbed.size > 0
      for (const service of disturbed) await put(service, { share: 0 })
      disturbed.clear()
      return changed
    },
  }
}

const targetDirectory = (dataDirectory: string): string => join(dataDirectory, 'target')
const deploysFile = (dataDirectory: string): string => join(targetDirectory(dataDirectory), 'deploys.jsonl')

/** The same target as the bot's, over the same folder: a deploy by hand and one by the bot are told apart by nothing. */
function deployTarget(
  environment: Record<string, string>,
  dataDirectory: string,
  routerUrl: string,
): ProcessTarget {
  const read = readYaml(SERVICES_FILE, 'demo/config/services.yaml', servicesSchema, environment)
  if (read.kind === 'problems') throw new Error(read.problems.map(({ message }) => message).join('; '))
  return new ProcessTarget({
    services: read.value,
    stateDir: targetDirectory(dataDirectory),
    logDir: join(dataDirectory, 'logs'),
    routerUrl,
  })
}
