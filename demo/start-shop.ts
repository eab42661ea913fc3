import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readYaml } from '../src/config/read-yaml.ts'
import { servicesSchema } from '../src/config/schema/services.ts'
import { ProcessTarget } from '../src/integrations/processes/process-target.ts'
import { buildConfigRepository, type ConfigRepository } from './shop/build-config-repository.ts'
import { buildRepositories, type Repository } from './shop/build-repositories.ts'
import {
  serviceNames,
  services,
  standingServices,
  type ServiceName,
  type Toolchain,
} from './shop/services.ts'
import { stageDeploys } from './shop/stage-deploys.ts'
import { startChild, type Child } from './child-process.ts'
import { placeFirstOrders } from './shop/first-orders.ts'
import { Load } from './shop/load.ts'
import { startOutside, type Outside } from './shop/start-outside.ts'
import { warmUp } from './shop/toolchains.ts'

/** The sample system, running: what production is to the bot. */
export interface Shop {
  readonly repositories: Record<ServiceName, Repository>
  readonly routerUrl: string
  readonly urlOf: Readonly<Record<ServiceName, string>>
  /** What demo/config/services.yaml needs to be filled in. */
  readonly environment: Readonly<Record<string, string>>
  /** What the shop calls outside of itself, which a scenario may make slow or faulty. */
  readonly outside: Outside
  /** Lets customers in, once its services answer quickly. */
  open(): Promise<void>
  /** Lets the router turn away a share of a service's requests by itself, as it does when the network behind it is bad. */
  disturbNetwork(service: ServiceName, fault: NetworkFault): Promise<void>
  /** A wholesale buyer begins to order as well: by the carton, under order numbers of their own (`{n}` becomes the number). */
  openWholesale(buyer: { readonly ordersPerSecond: number; readonly orderNumber: string }): Promise<void>
  /** Puts a release of a service (a name in its `releases`) into production, as its team's pipeline would. */
  deploy(service: ServiceName, release: string): Promise<void>
  /** Rolls other settings out to a service that reads any, with the code that it runs. */
  configure(service: ServiceName, settings: SettingsRelease): Promise<void>
  /** Has had that release of a service in production for days when the scenario begins, in place of the healthy one. */
  stand(service: ServiceName, release: string): Promise<void>
  /** Brings up the services in these languages, and has orders ask for them; false where all run already. */
  provide(toolchains: readonly Toolchain[]): Promise<boolean>
  /** Brings every running service back to its healthy release; false where all are there already. */
  restore(): Promise<boolean>
  close(): Promise<void>
}

export type SettingsRelease = keyof ConfigRepository['releases']

export interface NetworkFault {
  /** Share of the requests. */
  readonly share: number
  readonly status: 502 | 503 | 504
}

const readySchema = z.object({ adminPort: z.number(), ports: z.record(z.string(), z.number()) })
/** The services whose settings are in the repository `shop-config`. */
const readSettings: readonly ServiceName[] = ['payment']
const script = (name: string): string => fileURLToPath(new URL(`./shop/${name}`, import.meta.url))
const SERVICES_FILE = fileURLToPath(new URL('./config/services.yaml', import.meta.url))

/** Builds the repositories, starts router and standing services under `directory`, at their healthy release; nobody orders yet. */
export async function startShop(
  directory: string,
  dataDirectory: string,
  requestsPerSecond: number,
): Promise<Shop> {
  mkdirSync(directory, { recursive: true })
  const nowMs = Date.now()
  const repositories = await buildRepositories(join(directory, 'repositories'), nowMs)
  const settings = await buildConfigRepository(join(directory, 'repositories'), nowMs)
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
    SHOP_SHIPPING_URL: urlOf.shipping,
    SHOP_LOYALTY_URL: urlOf.loyalty,
  }
  const target = deployTarget(environment, dataDirectory, routerUrl)
  /** The services that run, each with the release that stands when a scenario begins. */
  const standing = new Map<ServiceName, string>(standingServices.map((name) => [name, 'healthy']))
  const releaseOf = (name: ServiceName, release: string) => {
    const found = repositories[name].releases[release]
    if (found === undefined) throw new Error(`${name} has no release ${release}`)
    return { ...found, repository: repositories[name] }
  }
  const configOf = (name: ServiceName, release: SettingsRelease): string | undefined =>
    readSettings.includes(name) ? settings.releases[release] : undefined
  const stage = () =>
    stageDeploys(
      deploysFile(dataDirectory),
      [...standing].map(([name, release]) => ({
        ...releaseOf(name, release),
        configCommit: configOf(name, 'healthy'),
      })),
    )
  await stage()
  const deploy = async (name: ServiceName, release: string) => {
    const { commit, version } = releaseOf(name, release)
    await target.deploy(name, commit, version, configOf(name, 'healthy'))
  }
  await Promise.all(standingServices.map((name) => deploy(name, 'healthy')))
  const load = new Load(directory, urlOf.gateway, requestsPerSecond)
  const network = networkAt(routerUrl)
  const wholesale: Load[] = []
  return {
    repositories,
    routerUrl,
    urlOf,
    environment,
    outside,
    async open() {
      await placeFirstOrders(urlOf.gateway)
      await load.orderFrom([...standing.keys()])
    },
    deploy,
    disturbNetwork: network.disturb,
    async configure(name, release) {
      const [serving] = await target.releases(name)
      const config = configOf(name, release)
      if (serving === undefined || config === undefined) throw new Error(`${name} reads no settings`)
      await target.deploy(name, serving.commit, `${serving.version}-${config.slice(0, 8)}`, config)
    },
    async openWholesale({ ordersPerSecond, orderNumber }) {
      const buyer = new Load(directory, urlOf.gateway, ordersPerSecond)
      wholesale.push(buyer)
      await buyer.order(['--wholesale-number', orderNumber])
    },
    async stand(name, release) {
      standing.set(name, release)
      await stage()
      await deploy(name, release)
    },
    async provide(toolchains) {
      const missing = serviceNames.filter((name) => !standing.has(name) && needsOneOf(toolchains, name))
      if (missing.length === 0) return false
      for (const name of missing) standing.set(name, 'healthy')
      await stage()
      for (const name of missing) {
        await warmUp(services[name], repositories[name].path)
        await deploy(name, 'healthy')
      }
      await load.orderFrom([...standing.keys()])
      return true
    },
    async restore() {
      const outsideChanged = await outside.restore()
      const networkChanged = await network.restore()
      let changed = outsideChanged || networkChanged || wholesale.length > 0
      for (const buyer of wholesale.splice(0)) await buyer.stop()
      for (const name of standing.keys()) standing.set(name, 'healthy')
      await stage()
      for (const name of standing.keys()) {
        const [serving] = await target.releases(name)
        const isHealthy = serving?.commit === repositories[name].commits.healthy
        if (isHealthy && serving?.configCommit === configOf(name, 'healthy')) continue
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

function needsOneOf(toolchains: readonly Toolchain[], name: ServiceName): boolean {
  const { toolchain } = services[name]
  return toolchain !== null && toolchains.includes(toolchain)
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
