export const serviceNames = ['gateway', 'checkout', 'payment', 'inventory'] as const

export type ServiceName = (typeof serviceNames)[number]

export interface UpstreamDescription {
  readonly service: ServiceName
  /** Environment variable that takes the base URL of that service's listener at the router. */
  readonly variable: string
}

/** How to run one service of the shop; commands are argument vectors for the root of a checkout. */
export interface ServiceDescription {
  readonly name: ServiceName
  readonly language: 'typescript' | 'python'
  readonly logFormat: 'json' | 'plain'
  readonly startCommand: readonly [string, ...string[]]
  readonly testCommand: readonly [string, ...string[]]
  readonly healthPath: string
  readonly metricsPath: string
  readonly upstreams: readonly UpstreamDescription[]
  /** The route that does the service's work. */
  readonly mainRoute: { readonly method: 'POST'; readonly path: string }
  /** `(method, path, body)` in Python, `(routes, call)` in TypeScript: answers a request without a socket. */
  readonly requestHandler: { readonly file: string; readonly symbol: string }
}

const node = {
  language: 'typescript',
  logFormat: 'json',
  startCommand: [process.execPath, 'src/main.ts'],
  testCommand: [process.execPath, '--test', '--test-isolation=none', 'test/*.test.ts'],
  healthPath: '/healthz',
  metricsPath: '/metrics',
  requestHandler: { file: 'src/serve.ts', symbol: 'handleRequest' },
} as const

const python = {
  language: 'python',
  testCommand: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
  healthPath: '/healthz',
  metricsPath: '/metrics',
  upstreams: [],
} as const

/** The sample system: gateway -> checkout -> inventory, then payment. */
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
}

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
