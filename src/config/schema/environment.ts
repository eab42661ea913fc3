import { z } from 'zod'

/** One environment variable, as `.env.example` lists it. */
export interface Variable {
  readonly name: string
  readonly about: string
  readonly secret: boolean
  /** Null: it has no default; `required` says whether the bot starts without it. */
  readonly byDefault: string | null
  readonly required: boolean
}

function variable(name: string, about: string, options: Partial<Variable> = {}): Variable {
  return { name, about, secret: false, byDefault: null, required: false, ...options }
}

/** All that the environment may set; `.env.example` is kept equal to this list by a test. */
export const VARIABLES = [
  variable('SLACK_BOT_TOKEN', 'Bot token (xoxb-...) with the scopes of config/slack-app-manifest.yaml', {
    secret: true,
    required: true,
  }),
  variable('SLACK_APP_TOKEN', 'App-level token (xapp-...) with connections:write, for Socket Mode', {
    secret: true,
  }),
  variable('SLACK_SIGNING_SECRET', 'Signing secret, only for SLACK_MODE=http', { secret: true }),
  variable('SLACK_MODE', 'socket (needs no public URL) or http', { byDefault: 'socket' }),
  variable('SLACK_HTTP_PORT', 'Port for SLACK_MODE=http', { byDefault: '3000' }),
  variable('SLACK_CHANNEL', 'Channel id (C...) in which incidents are threaded', { required: true }),
  variable('SLACK_API_URL', "Slack's Web API", { byDefault: 'https://slack.com/api/' }),
  variable('PAGERDUTY_API_TOKEN', 'REST API token, for notes, resolving and polling', {
    secret: true,
    required: true,
  }),
  variable('PAGERDUTY_FROM_EMAIL', 'E-mail of the PagerDuty user in whose name notes are written', {
    required: true,
  }),
  variable(
    'PAGERDUTY_WEBHOOK_SECRETS',
    'Secrets of the webhook subscriptions, separated by commas; empty: polling only',
    {
      secret: true,
      byDefault: '',
    },
  ),
  variable('PAGERDUTY_API_URL', "PagerDuty's REST API", { byDefault: 'https://api.pagerduty.com' }),
  variable(
    'ALERTMANAGER_BEARER_TOKENS',
    "Tokens of which Alertmanager's webhook sends one (`authorization` of its http_config), separated by commas",
    { secret: true, byDefault: '' },
  ),
  variable(
    'ALERTMANAGER_BASIC_AUTH',
    "user:password that Alertmanager's webhook may send instead (`basic_auth`); with neither it is refused",
    { secret: true, byDefault: '' },
  ),
  variable('CCP_HOST', 'Address on which webhooks are received', { byDefault: '0.0.0.0' }),
  variable('CCP_PORT', 'Port on which webhooks are received', { byDefault: '8080' }),
  variable('CCP_DATABASE', "The journal's SQLite file", { byDefault: '.ccp/journal.sqlite' }),
  variable('CCP_DATA_DIR', 'Clones, releases and logs', { byDefault: '.ccp/data' }),
  variable('CCP_CONFIG_DIR', 'Folder of YAML files that replace those in config/, file by file', {
    byDefault: 'config',
  }),
  variable(
    'CCP_ROUTER_URL',
    'Admin API of the router in front of the services: where the local deploy target sets weights',
    {
      required: true,
    },
  ),
  variable('CCP_LOG_LEVEL', 'debug, info, warn or error', { byDefault: 'info' }),
  variable('PROMETHEUS_URL', 'Prometheus server; empty: the bot scrapes the services itself', {
    byDefault: '',
  }),
  variable(
    'NEO4J_URL',
    'Graph database for the service graph (neo4j+s:// or bolt+s://; without +s no TLS); empty: it is kept in the bot',
    { byDefault: '' },
  ),
  variable('NEO4J_USER', 'User at Neo4j', { byDefault: 'neo4j' }),
  variable('NEO4J_PASSWORD', 'Password at Neo4j; empty: the server asks for none', {
    secret: true,
    byDefault: '',
  }),
  variable('NEO4J_DATABASE', "Database at Neo4j; empty: the server's default", { byDefault: '' }),
  variable(
    'NEO4J_CA_FILE',
    "PEM file of the authority that signed Neo4j's certificate; empty: those that Node trusts",
    { byDefault: '' },
  ),
  variable(
    'KUBERNETES_CONFIG',
    'Kubeconfig file, or in-cluster: who is configured with whose address is then part of the service graph; empty: off',
    { byDefault: '' },
  ),
  variable('KUBERNETES_CONTEXT', "Context of that file; empty: the file's own choice", { byDefault: '' }),
  variable('KUBERNETES_NAMESPACES', 'Namespaces to read there, separated by commas', {
    byDefault: 'default',
  }),
  variable('ELASTICSEARCH_URL', 'Elasticsearch 8 or 9 that holds logs (config/logs.yaml); empty: none', {
    byDefault: '',
  }),
  variable('ELASTICSEARCH_API_KEY', 'API key that may read its indices', { secret: true, byDefault: '' }),
  variable('ELASTICSEARCH_USER', 'User that may read them, instead of a key', { byDefault: '' }),
  variable('ELASTICSEARCH_PASSWORD', "That user's password", { secret: true, byDefault: '' }),
  variable('OPENSEARCH_URL', 'OpenSearch that holds logs (config/logs.yaml); empty: none', { byDefault: '' }),
  variable('OPENSEARCH_USER', 'User that may read its indices', { byDefault: '' }),
  variable('OPENSEARCH_PASSWORD', "That user's password", { secret: true, byDefault: '' }),
  variable('LOKI_URL', 'Grafana Loki that holds logs (config/logs.yaml); empty: none', { byDefault: '' }),
  variable('LOKI_TENANT', 'Its tenant (X-Scope-OrgID), where it has several', { byDefault: '' }),
  variable('LOKI_USER', 'User for basic auth', { byDefault: '' }),
  variable('LOKI_PASSWORD', "That user's password", { secret: true, byDefault: '' }),
  variable('LOKI_BEARER_TOKEN', 'Bearer token, instead of user and password', {
    secret: true,
    byDefault: '',
  }),
  variable(
    'JAEGER_URL',
    "Jaeger's query service, or what speaks its HTTP API, that holds traces (config/traces.yaml); empty: none",
    { byDefault: '' },
  ),
  variable('JAEGER_USER', 'User for basic auth', { byDefault: '' }),
  variable('JAEGER_PASSWORD', "That user's password", { secret: true, byDefault: '' }),
  variable('JAEGER_BEARER_TOKEN', 'Bearer token, instead of user and password', {
    secret: true,
    byDefault: '',
  }),
  variable('TEMPO_URL', 'Grafana Tempo that holds traces, instead of Jaeger; empty: none', { byDefault: '' }),
  variable('TEMPO_TENANT', 'Its tenant (X-Scope-OrgID), where it has several', { byDefault: '' }),
  variable('TEMPO_USER', 'User for basic auth', { byDefault: '' }),
  variable('TEMPO_PASSWORD', "That user's password", { secret: true, byDefault: '' }),
  variable('TEMPO_BEARER_TOKEN', 'Bearer token, instead of user and password', {
    secret: true,
    byDefault: '',
  }),
  variable('SMTP_HOST', 'Mail server for notices; empty: no e-mail', { byDefault: '' }),
  variable('SMTP_PORT', 'Port of the mail server', { byDefault: '587' }),
  variable('SMTP_USER', 'User at the mail server', { byDefault: '' }),
  variable('SMTP_PASSWORD', 'Password at the mail server', { secret: true, byDefault: '' }),
  variable('SMTP_FROM', 'Sender of the notices', { byDefault: 'ccp@localhost' }),
  variable(
    'CCP_MODEL_URL',
    'OpenAI-compatible server for AI patches, and for diagnoses where rca.yaml asks for it; empty: off',
    { byDefault: '' },
  ),
  variable('CCP_MODEL_KEY', "That server's key", { secret: true, byDefault: '' }),
  variable('CCP_MODEL_NAME', 'Model to ask', { byDefault: '' }),
] as const satisfies readonly Variable[]

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port: write a number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'is not a port: write a number from 0 to 65535')

const url = z.url({ protocol: /^https?$/, error: 'is not a URL: write it with http:// or https://' })
const optionalUrl = z.union([z.literal(''), url]).transform((value) => (value === '' ? null : value))
const listed = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
/** "+ssc" takes any certificate, and so any server: it is refused. */
const graphUrl = z
  .string()
  .regex(
    /^(neo4j|bolt)(\+s)?:\/\/[^/@\s]+$/,
    'is not a URL of Neo4j: write it with neo4j+s:// or bolt+s:// (without +s no TLS), host and port alone',
  )
const optionalGraphUrl = z
  .union([z.literal(''), graphUrl])
  .transform((value) => (value === '' ? null : value))
const optional = z.string().transform((value) => (value === '' ? null : value))

/** The environment after defaults; what is empty and optional is null. */
export const environmentSchema = z
  .object({
    SLACK_BOT_TOKEN: z.string().startsWith('xoxb-', 'is not a bot token: it begins with xoxb-'),
    SLACK_APP_TOKEN: z
      .union([
        z.literal(''),
        z.string().startsWith('xapp-', 'is not an app-level token: it begins with xapp-'),
      ])
      .transform((v) => (v === '' ? null : v)),
    SLACK_SIGNING_SECRET: optional,
    SLACK_MODE: z.enum(['socket', 'http'], 'must be socket or http'),
    SLACK_HTTP_PORT: port,
    SLACK_CHANNEL: z
      .string()
      .regex(/^[CG][A-Z0-9]+$/, 'is not a channel id: copy it from the channel details, it begins with C'),
    SLACK_API_URL: url,
    PAGERDUTY_API_TOKEN: z.string(),
    PAGERDUTY_FROM_EMAIL: z.email('is not an e-mail address'),
    PAGERDUTY_WEBHOOK_SECRETS: listed,
    PAGERDUTY_API_URL: url,
    ALERTMANAGER_BEARER_TOKENS: listed,
    ALERTMANAGER_BASIC_AUTH: z
      .string()
      .regex(/^(?:[^:]+:.+)?$/s, 'is not user:password')
      .transform((v) => (v === '' ? null : v)),
    CCP_HOST: z.string(),
    CCP_PORT: port,
    CCP_DATABASE: z.string(),
    CCP_DATA_DIR: z.string(),
    CCP_CONFIG_DIR: z.string(),
    CCP_ROUTER_URL: url,
    CCP_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error'),
    PROMETHEUS_URL: optionalUrl,
    NEO4J_URL: optionalGraphUrl,
    NEO4J_USER: z.string(),
    NEO4J_PASSWORD: optional,
    NEO4J_DATABASE: optional,
    NEO4J_CA_FILE: optional,
    KUBERNETES_CONFIG: optional,
    KUBERNETES_CONTEXT: optional,
    KUBERNETES_NAMESPACES: listed.refine((names) => names.length > 0, 'is empty: name a namespace'),
    ELASTICSEARCH_URL: optionalUrl,
    ELASTICSEARCH_API_KEY: optional,
    ELASTICSEARCH_USER: optional,
    ELASTICSEARCH_PASSWORD: optional,
    OPENSEARCH_URL: optionalUrl,
    OPENSEARCH_USER: optional,
    OPENSEARCH_PASSWORD: optional,
    LOKI_URL: optionalUrl,
    LOKI_TENANT: optional,
    LOKI_USER: optional,
    LOKI_PASSWORD: optional,
    LOKI_BEARER_TOKEN: optional,
    JAEGER_URL: optionalUrl,
    JAEGER_USER: optional,
    JAEGER_PASSWORD: optional,
    JAEGER_BEARER_TOKEN: optional,
    TEMPO_URL: optionalUrl,
    TEMPO_TENANT: optional,
    TEMPO_USER: optional,
    TEMPO_PASSWORD: optional,
    TEMPO_BEARER_TOKEN: optional,
    SMTP_HOST: optional,
    SMTP_PORT: port,
    SMTP_USER: optional,
    SMTP_PASSWORD: optional,
    SMTP_FROM: z.string(),
    CCP_MODEL_URL: optionalUrl,
    CCP_MODEL_KEY: optional,
    CCP_MODEL_NAME: optional,
  })
  .superRefine((env, context) => {
    if (env.SLACK_MODE === 'socket' && env.SLACK_APP_TOKEN === null) {
      context.addIssue({
        code: 'custom',
        path: ['SLACK_APP_TOKEN'],
        message: 'is needed for SLACK_MODE=socket: create an app-level token with connections:write',
      })
    }
    if (env.SLACK_MODE === 'http' && env.SLACK_SIGNING_SECRET === null) {
      context.addIssue({
        code: 'custom',
        path: ['SLACK_SIGNING_SECRET'],
        message: 'is needed for SLACK_MODE=http: copy it from the app settings',
      })
    }
    if (env.NEO4J_CA_FILE !== null && env.NEO4J_URL !== null && !env.NEO4J_URL.includes('+s://')) {
      context.addIssue({
        code: 'custom',
        path: ['NEO4J_CA_FILE'],
        message: 'is of no use without TLS: write NEO4J_URL with neo4j+s:// or bolt+s://, or leave it empty',
      })
    }
    for (const store of ['ELASTICSEARCH', 'OPENSEARCH', 'LOKI', 'JAEGER', 'TEMPO'] as const) {
      if ((env[`${store}_USER`] === null) === (env[`${store}_PASSWORD`] === null)) continue
      context.addIssue({
        code: 'custom',
        path: [`${store}_${env[`${store}_USER`] === null ? 'USER' : 'PASSWORD'}`],
        message: 'is missing: user and password go together',
      })
    }
    for (const url of [
      'ELASTICSEARCH_URL',
      'OPENSEARCH_URL',
      'LOKI_URL',
      'JAEGER_URL',
      'TEMPO_URL',
    ] as const) {
      if (env[url] === null || !/^https?:\/\/[^/]*@/.test(env[url])) continue
      const message =
        'holds a password: addresses are told in messages, use the variables for user and password'
      context.addIssue({ code: 'custom', path: [url], message })
    }
    if (env.JAEGER_URL !== null && env.TEMPO_URL !== null) {
      context.addIssue({
        code: 'custom',
        path: ['TEMPO_URL'],
        message: 'stands beside JAEGER_URL: traces are read from one of them, leave the other empty',
      })
    }
    if (env.CCP_MODEL_URL !== null && env.CCP_MODEL_NAME === null) {
      context.addIssue({
        code: 'custom',
        path: ['CCP_MODEL_NAME'],
        message: 'is needed beside CCP_MODEL_URL: name the model to ask',
      })
    }
  })

export type Environment = z.output<typeof environmentSchema>
