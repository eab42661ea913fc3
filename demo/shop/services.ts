export const serviceNames = ['gateway', 'checkout', 'payment', 'inventory', 'shipping', 'loyalty'] as const

/** What a service may need of the machine beside Node and Python. */
export type Toolchain = 'java' | 'go'

export type ServiceName = (typeof serviceNames)[number]

export interface UpstreamDescription {
  readonly service: ServiceName
  /** Environment variable that takes the base URL of that service's listener at the router. */
  readonly variable: string
}

/** How to run one service of the shop; commands are argument vectors for the root of a checkout. */
export interface ServiceDescription {
  readonly name: ServiceName
  readonly language: 'typescript' | 'python' | 'java' | 'go'
  /** A service that has one runs only where a scenario needs it. */
  readonly toolchain: Toolchain | null
  readonly logFormat: 'json' | 'plain'
  readonly startCommand: readonly [string, ...string[]]
  readonly testCommand: readonly [string, ...string[]]
  readonly healthPath: string
  readonly metricsPath: string
  readonly upstreams: readonly UpstreamDescription[]
  /** The route that does the service's work. */
  readonly mainRoute: { readonly method: 'POST'; readonly path: string }
  /** Answers a request without a socket: `(routes, call)` in TypeScript, `(method, path, body)` elsewhere. */
  readonly requestHandler: { readonly file: string; readonly symbol: string }
}

const node = {
  language: 'typescript',
  toolchain: null,
  logFormat: 'json',
  startCommand: [process.execPath, 'src/main.ts'],
  testCommand: [process.execPath, '--test', '--test-isolation=none', 'test/*.test.ts'],
  healthPath: '/healthz',
  metricsPath: '/metrics',
  requestHandler: { file: 'src/serve.ts', symbol: 'handleRequest' },
} as const

const python = {
  language: 'python',
  toolchain: null,
  testCommand: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
  healthPath: '/healthz',
  metricsPath: '/metrics',
  upstreams: [],
} as const

/** The sample system: gateway -> checkout -> inventory, then payment; shipping and loyalty for orders that ask for them. */
export const services: Readonly<Record<ServiceName, ServiceDescription>> = {
  gateway: {
    ...node,
    name: 'gateway',
    upstreams: [{ service: 'checkout', variable: 'CHECKOUT_URL' }],
    mainRoute: { method: 'POST', path: '/orders' },
  },
  checkout: {
    ...node,
    name: 'checkout',
    upstreams: [
      { service: 'inventory', variable: 'INVENTORY_URL' },
      { service: 'payment', variable: 'PAYMENT_URL' },
      { service: 'shipping', variable: 'SHIPPING_URL' },
      { service: 'loyalty', variable: 'LOYALTY_URL' },
    ],
    mainRoute: { method: 'POST', path: '/checkout' },
  },
  payment: {
    ...python,
    name: 'payment',
    logFormat: 'json',
    startCommand: ['python3', '-m', 'payment'],
    mainRoute: { method: 'POST', path: '/charge' },
    requestHandler: { file: 'payment/routes.py', symbol: 'handle_request' },
  },
  inventory: {
    ...python,
    name: 'inventory',
    logFormat: 'plain',
    startCommand: ['python3', '-m', 'inventory'],
    mainRoute: { method: 'POST', path: '/reserve' },
    requestHandler: { file: 'inventory/routes.py', symbol: 'handle_request' },
  },
  shipping: {
    name: 'shipping',
    language: 'java',
    toolchain: 'java',
    logFormat: 'json',
    startCommand: ['sh', 'run.sh'],
    testCommand: ['sh', 'test.sh'],
    healthPath: '/healthz',
    metricsPath: '/metrics',
    upstreams: [],
    mainRoute: { method: 'POST', path: '/quotes' },
    requestHandler: { file: 'src/main/java/shop/shipping/Routes.java', symbol: 'answer' },
  },
  loyalty: {
    name: 'loyalty',
    language: 'go',
    toolchain: 'go',
    logFormat: 'json',
    startCommand: ['sh', 'run.sh'],
    testCommand: ['go', 'test', '-v', './...'],
    healthPath: '/healthz',
    metricsPath: '/metrics',
    upstreams: [],
    mainRoute: { method: 'POST', path: '/points' },
    requestHandler: { file: 'internal/web/web.go', symbol: 'handle' },
  },
}

/** The services that need nothing but what the demo itself needs. */
export const standingServices = serviceNames.filter((name) => services[name].toolchain === null)

export interface Placement {
  readonly port: number
  readonly version: string
  /** Base URL under which the other services reach this one: its listener at the router. */
  readonly urlOf: (service: ServiceName) => string
}

/** The whole configuration of one process of a service, to be added to PATH and the like. */
export function environmentOf(
  name: ServiceName,
  { port, version, urlOf }: Placement,
): Record<string, string> {
  const upstreams = services[name].upstreams.map(
    ({ service, variable }) => [variable, urlOf(service)] as const,
  )
  return { PORT: String(port), SERVICE_VERSION: version, ...Object.fromEntries(upstreams) }
}
