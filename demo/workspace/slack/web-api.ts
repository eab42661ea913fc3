import type { FaultAnswer } from '../faults.ts'
import { header, sendJson } from '../http.ts'
import type { Exchange } from '../http.ts'
import { readArguments, text } from './arguments.ts'
import { SlackApiError } from './api-error.ts'
import type { Method, MethodTable, SlackContext } from './context.ts'
import { chatMethods } from './methods/chat.ts'
import { conversationMethods } from './methods/conversations.ts'
import { fileMethods } from './methods/files.ts'
import { markMethods } from './methods/marks.ts'
import { peopleMethods } from './methods/people.ts'
import { viewMethods } from './methods/views.ts'
import type { Fields, SlackToken } from './types.ts'

const connectionMethods: MethodTable = {
  'apps.connections.open': {
    scopes: ['connections:write'],
    rate: 'none',
    tokenKind: 'app',
    run: ({ sockets, state }) => ({
      ok: true,
      url: `${state.seed.baseUrl().replace(/^http/, 'ws')}/link?ticket=${sockets.newTicket()}&app_id=${state.seed.appId}`,
    }),
  },
}

const methods: MethodTable = {
  ...connectionMethods,
  ...peopleMethods,
  ...conversationMethods,
  ...chatMethods,
  ...markMethods,
  ...viewMethods,
  ...fileMethods,
}

/** One call of the Web API, kept so that tests and the page can look at what the bot did. */
export interface ApiCall {
  readonly atMs: number
  readonly method: string
  readonly args: Fields
  readonly ok: boolean
  readonly error?: string
}

const keptCalls = 5_000

/** `/api/<method>`: authenticates, limits, runs and answers as Slack does. */
export class WebApi {
  readonly calls: ApiCall[] = []
  readonly #context: SlackContext

  constructor(context: SlackContext) {
    this.#context = context
  }

  /** Answers one call. Injected faults stand before (refusals) or after (lost answers) the real effect. */
  async handle(exchange: Exchange, name: string): Promise<void> {
    const fault = this.#context.faults.take(name)
    if (fault && this.#refuse(exchange, name, fault)) return
    const { value, headers, args } = await this.#run(exchange, name)
    this.#remember(name, args, value)
    if (fault?.kind === 'silentAfterAccepting')
      return void setTimeout(() => exchange.response.destroy(), fault.holdMs).unref()
    if (fault?.kind === 'delay')
      return void setTimeout(() => sendJson(exchange.response, 200, value, headers), fault.delayMs).unref()
    const retryAfter = headers['retry-after']
    sendJson(exchange.response, retryAfter ? 429 : 200, value, headers)
  }

  #refuse({ response }: Exchange, name: string, fault: FaultAnswer): boolean {
    if (fault.kind === 'rateLimited') {
      sendJson(
        response,
        429,
        { ok: false, error: 'ratelimited' },
        { 'retry-after': String(fault.retryAfterSec) },
      )
    } else if (fault.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': 'text/html' })
      response.end(fault.body ?? `<html><body>${fault.status}</body></html>`)
    } else if (fault.kind === 'error') {
      sendJson(response, 200, { ok: false, error: fault.error })
    } else return false
    this.#remember(name, {}, { ok: false, error: fault.kind === 'rateLimited' ? 'ratelimited' : fault.kind })
    return true
  }

  async #run(
    exchange: Exchange,
    name: string,
  ): Promise<{ value: Fields; headers: Record<string, string>; args: Fields }> {
    const headers: Record<string, string> = { 'x-slack-req-id': `${this.#context.nowMs()}` }
    let args: Fields = {}
    try {
      args = readArguments(exchange.request, exchange.url, exchange.body)
      const method = this.#method(name)
      const token = this.#authenticate(exchange, args, method)
      headers['x-oauth-scopes'] = token.scopes.join(',')
      headers['x-accepted-oauth-scopes'] = method.scopes.join(',')
      this.#checkScopes(method, token)
      const waitSec = this.#context.rates.retryAfterSec(method.rate, name, text(args.channel))
      if (waitSec > 0)
        return {
          value: { ok: false, error: 'ratelimited' },
          headers: { ...headers, 'retry-after': String(waitSec) },
          args,
        }
      return { value: await method.run(this.#context, args), headers, args }
    } catch (error) {
      if (error instanceof SlackApiError)
        return { value: { ok: false, error: error.error, ...error.extra }, headers, args }
      throw error
    }
  }

  #method(name: string): Method {
    const method = methods[name]
    if (!method) throw new SlackApiError('unknown_method', { req_method: name })
    return method
  }

  #authenticate({ request }: Exchange, args: Fields, method: Method): SlackToken {
    const bearer = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1]
    const given = bearer ?? text(args.token)
    if (given === '') throw new SlackApiError('not_authed')
    const { botToken, appToken } = this.#context.state.seed
    const token = [botToken, appToken].find((known) => known.token === given)
    if (!token) throw new SlackApiError('invalid_auth')
    if ((method.tokenKind === 'app') !== (token === appToken))
      throw new SlackApiError('not_allowed_token_type')
    return token
  }

  #checkScopes(method: Method, token: SlackToken): void {
    if (method.scopes.length === 0 || method.scopes.some((scope) => token.scopes.includes(scope))) return
    throw new SlackApiError('missing_scope', {
      needed: method.scopes.join(','),
      provided: token.scopes.join(','),
    })
  }

  #remember(method: string, args: Fields, value: Fields): void {
    const { token: _secret, ...rest } = args
    this.calls.push({
      atMs: this.#context.nowMs(),
      method,
      args: rest,
      ok: value.ok === true,
      ...(value.ok === true ? {} : { error: String(value.error) }),
    })
    if (this.calls.length > keptCalls) this.calls.shift()
  }
}
