import { required, text } from '../arguments.ts'
import { refusal, SlackApiError } from '../api-error.ts'
import type { MethodTable, SlackContext } from '../context.ts'
import type { Fields } from '../types.ts'

function open(context: SlackContext, args: Fields): Fields {
  // The view is checked first: a wrong view must not use the trigger up.
  const view = context.modals.build(args.view, 'views.open')
  const { user } = context.triggers.redeem(required(args, 'trigger_id'))
  context.modals.open(user, view)
  return { ok: true, view }
}

function push(context: SlackContext, args: Fields): Fields {
  context.modals.build(args.view, 'views.push')
  const { user } = context.triggers.redeem(required(args, 'trigger_id'))
  return { ok: true, view: context.modals.push(user, args.view) }
}

function update(context: SlackContext, args: Fields): Fields {
  const viewId = text(args.view_id)
  const externalId = text(args.external_id)
  if (!viewId && !externalId)
    throw refusal('invalid_arguments', ['missing required field: view_id or external_id'])
  const view = context.modals.update({ viewId, externalId, hash: text(args.hash) }, args.view)
  return { ok: true, view }
}

function publish(context: SlackContext, args: Fields): Fields {
  const user = required(args, 'user_id')
  if (!context.state.users.has(user)) throw new SlackApiError('user_not_found')
  const view = context.modals.build(args.view, 'views.publish')
  if (view.type !== 'home')
    throw refusal('invalid_arguments', ['unsupported type: modal [json-pointer:/view/type]'])
  context.state.homes.set(user, view)
  context.state.feed.publish({ kind: 'home', user, view })
  return { ok: true, view }
}

export const viewMethods: MethodTable = {
  'views.open': { scopes: [], rate: 'tier4', run: open },
  'views.push': { scopes: [], rate: 'tier4', run: push },
  'views.update': { scopes: [], rate: 'tier4', run: update },
  'views.publish': { scopes: [], rate: 'tier4', run: publish },
}
