import { count, required, text } from '../arguments.ts'
import { SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import type { Fields, SlackUser } from '../types.ts'

/** A user in the shape of `users.info`; the e-mail only with its own scope. */
function userObject(context: SlackContext, user: SlackUser): Fields {
  const { seed, botId } = context.state
  const mayReadEmail = seed.botToken.scopes.includes('users:read.email')
  return {
    id: user.id,
    team_id: seed.teamId,
    name: user.handle,
    real_name: user.name,
    deleted: false,
    is_bot: user.isBot,
    is_app_user: false,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: {
      real_name: user.name,
      display_name: user.name,
      title: user.role,
      ...(mayReadEmail && user.email ? { email: user.email } : {}),
      ...(user.isBot ? { bot_id: botId, api_app_id: seed.appId } : {}),
    },
  }
}

function info(context: SlackContext, args: Fields): Fields {
  const user = context.state.users.get(required(args, 'user'))
  if (!user) throw new SlackApiError('user_not_found')
  return { ok: true, user: userObject(context, user) }
}

function list(context: SlackContext, args: Fields): Fields {
  const users = [...context.state.users.values()]
  const limit = count(args.limit, 1000, 1000)
  const start = Number(text(args.cursor) || 0)
  const next = start + limit < users.length ? String(start + limit) : ''
  return {
    ok: true,
    members: users.slice(start, start + limit).map((user) => userObject(context, user)),
    response_metadata: { next_cursor: next },
  }
}

function lookupByEmail(context: SlackContext, args: Fields): Fields {
  const email = required(args, 'email').toLowerCase()
  const user = [...context.state.users.values()].find((entry) => entry.email.toLowerCase() === email)
  if (!user) throw new SlackApiError('users_not_found')
  return { ok: true, user: userObject(context, user) }
}

function authTest(context: SlackContext): Fields {
  const { seed, botUserId, botId } = context.state
  return {
    ok: true,
    url: `${seed.baseUrl()}/`,
    team: seed.teamName,
    user: context.state.users.get(botUserId)?.handle,
    team_id: seed.teamId,
    user_id: botUserId,
    bot_id: botId,
    is_enterprise_install: false,
  }
}

export const peopleMethods: MethodTable = {
  'auth.test': { scopes: [], rate: 'none', run: authTest },
  'api.test': { scopes: [], rate: 'none', run: (_context, args) => ({ ok: true, args }) },
  'users.info': { scopes: ['users:read'], rate: 'tier4', run: info },
  'users.list': { scopes: ['users:read'], rate: 'tier2', run: list },
  'users.lookupByEmail': { scopes: ['users:read.email'], rate: 'tier3', run: lookupByEmail },
}
