import { h, icon, icons } from './dom.js'
import { confirmDialog, toast } from './overlays.js'
import { textNodes } from './rich.js'
import { store } from './store.js'

/** Where an element stands: `{channel, ts}` of a message or `{viewId}`, and how a modal keeps its values. */

const entered = new Map()

const keyOf = (place, block, element) =>
  [place.ts ?? place.viewId, block.block_id, element.action_id].join('|')

/** Draws one interactive element of a message or a view. */
export function interactive(place, block, element) {
  const draw = drawers[element.type]
  if (!draw) return h('span.unknown', {}, `[${element.type}]`)
  const node = draw(place, block, element)
  node.setAttribute('data-action-id', element.action_id ?? '')
  return node
}

/** Sends the interaction, after the confirmation it may ask for. */
async function interact(place, block, element, value) {
  if (element.confirm && !(await confirmDialog(element.confirm))) return
  try {
    const where = place.viewId ? { viewId: place.viewId } : { channel: place.channel, ts: place.ts }
    await store.act({
      act: 'click',
      ...where,
      blockId: block.block_id,
      actionId: element.action_id,
      ...(value === undefined ? {} : { value }),
    })
  } catch (error) {
    toast(error.message)
  }
}

const stateOf = (place, block, element) =>
  store.state.pending.find(
    (entry) =>
      entry.actionId === element.action_id &&
      entry.blockId === block.block_id &&
      (place.viewId ? entry.viewId === place.viewId : entry.ts === place.ts),
  )?.state

function button(place, block, element) {
  const state = stateOf(place, block, element)
  const node = h(
    'button.btn',
    {
      type: 'button',
      class: [element.style ? `btn-${element.style}` : '', state === 'waiting' ? 'btn-waiting' : ''].join(
        ' ',
      ),
      disabled: state === 'waiting',
      'aria-label': element.accessibility_label,
      'data-value': element.value,
      onclick: () => {
        if (element.url && /^https?:/.test(element.url)) open(element.url, '_blank', 'noopener')
        void interact(place, block, element, element.value)
      },
    },
    h('span.btn-label', {}, textNodes(element.text)),
    state === 'waiting' ? h('span.spinner') : '',
  )
  if (state !== 'failed') return node
  const failed = h(
    'span.with-warning',
    {},
    node,
    h(
      'span.click-warning',
      { title: 'This didn’t work. The operation timed out. Try again.' },
      icon(icons.warning, 18),
    ),
  )
  return failed
}

function select(place, block, element, multiple) {
  const key = keyOf(place, block, element)
  const options = optionsOf(element)
  const initial = entered.get(key) ?? initialOf(element)
  const chosen = new Set([initial].flat().filter(Boolean))
  const node = h(
    'select.select',
    {
      multiple,
      onchange: () => {
        const values = [...node.selectedOptions].map((option) => option.value).filter((value) => value !== '')
        remember(place, block, element, multiple ? values : (values[0] ?? null))
      },
    },
    multiple
      ? ''
      : h(
          'option',
          { value: '', selected: chosen.size === 0 },
          element.placeholder?.text ?? 'Choose an option',
        ),
    options.map((option) =>
      h('option', { value: option.value, selected: chosen.has(option.value) }, option.text.text),
    ),
  )
  return node
}

function optionsOf(element) {
  if (element.type.endsWith('users_select'))
    return store.state.users
      .filter((user) => !user.isBot)
      .map((user) => ({ value: user.id, text: { text: user.name } }))
  if (/channels_select|conversations_select/.test(element.type))
    return store.state.channels.map((channel) => ({ value: channel.id, text: { text: `#${channel.name}` } }))
  return [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)]
}

const initialOf = (element) =>
  element.initial_option?.value ??
  element.initial_options?.map((option) => option.value) ??
  element.initial_value ??
  element.initial_date ??
  element.initial_time ??
  element.initial_user ??
  element.initial_channel ??
  element.initial_conversation ??
  null

/** Keeps a value; outside inputs (and for inputs that dispatch) the app hears of it at once. */
function remember(place, block, element, value) {
  entered.set(keyOf(place, block, element), value)
  if (block.type !== 'input' || block.dispatch_action) void interact(place, block, element, value)
}

function overflow(place, block, element) {
  const menu = h(
    'div.menu',
    { hidden: true },
    element.options.map((option) =>
      h(
        'button.menu-item',
        {
          type: 'button',
          'data-value': option.value,
          onclick: () => {
            menu.hidden = true
            void interact(place, block, element, option.value)
          },
        },
        textNodes(option.text),
      ),
    ),
  )
  const toggle = h(
    'button.btn.btn-overflow',
    {
      type: 'button',
      'aria-label': 'More actions',
      onclick: (event) => {
        event.stopPropagation()
        menu.hidden = !menu.hidden
      },
    },
    '⋯',
  )
  addEventListener('click', () => {
    menu.hidden = true
  })
  return h('span.overflow', {}, toggle, menu)
}

function choices(place, block, element, type) {
  const key = keyOf(place, block, element)
  const chosen = new Set([entered.get(key) ?? initialOf(element)].flat().filter(Boolean))
  return h(
    'div.choices',
    {},
    element.options.map((option) =>
      h(
        'label.choice',
        {},
        h('input', {
          type,
          name: key,
          value: option.value,
          checked: chosen.has(option.value),
          onchange: (event) => {
            if (type === 'radio') return remember(place, block, element, option.value)
            if (event.target.checked) chosen.add(option.value)
            else chosen.delete(option.value)
            remember(place, block, element, [...chosen])
          },
        }),
        h(
          'span',
          {},
          textNodes(option.text),
          option.description ? h('small', {}, textNodes(option.description)) : '',
        ),
      ),
    ),
  )
}

function textInput(place, block, element, type) {
  const key = keyOf(place, block, element)
  const tag = element.multiline ? 'textarea' : 'input'
  const node = h(tag, {
    class: 'text-input',
    type: tag === 'input' ? type : undefined,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    autofocus: element.focus_on_load,
    rows: element.multiline ? 4 : undefined,
    oninput: () => entered.set(key, node.value),
    onchange: () => {
      if (block.dispatch_action) void interact(place, block, element, node.value)
    },
  })
  node.value = entered.get(key) ?? initialOf(element) ?? ''
  return node
}

const drawers = {
  button,
  overflow,
  static_select: (...at) => select(...at, false),
  external_select: (...at) => select(...at, false),
  users_select: (...at) => select(...at, false),
  channels_select: (...at) => select(...at, false),
  conversations_select: (...at) => select(...at, false),
  multi_static_select: (...at) => select(...at, true),
  multi_users_select: (...at) => select(...at, true),
  multi_channels_select: (...at) => select(...at, true),
  multi_conversations_select: (...at) => select(...at, true),
  checkboxes: (...at) => choices(...at, 'checkbox'),
  radio_buttons: (...at) => choices(...at, 'radio'),
  plain_text_input: (...at) => textInput(...at, 'text'),
  email_text_input: (...at) => textInput(...at, 'email'),
  url_text_input: (...at) => textInput(...at, 'url'),
  number_input: (...at) => textInput(...at, 'number'),
  datepicker: (...at) => textInput(...at, 'date'),
  timepicker: (...at) => textInput(...at, 'time'),
}

/** What was entered in a view, by block and action, for its submission. */
export function valuesOf(view) {
  const values = {}
  for (const block of view.blocks) {
    for (const element of [
      block.element,
      block.accessory,
      ...(block.type === 'actions' ? block.elements : []),
    ]) {
      const key = element && keyOf({ viewId: view.id }, block, element)
      if (key && entered.has(key)) (values[block.block_id] ??= {})[element.action_id] = entered.get(key)
    }
  }
  return values
}
