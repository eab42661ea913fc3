import { drawBlocks } from './blocks.js'
import { fill, h, icon, icons } from './dom.js'
import { valuesOf } from './elements.js'
import { avatar } from './message.js'
import { toast } from './overlays.js'
import { store } from './store.js'

/** The open modal of the acting person. Values live outside the drawing, so errors and updates keep them. */
export function modalLayer() {
  const node = h('div.modal-backdrop', { hidden: true })
  let drawn = ''
  const update = () => {
    const modal = store.state.modal
    const version = modal
      ? [
          modal.view.id,
          modal.view.hash,
          modal.busy,
          modal.trouble,
          JSON.stringify(modal.errors),
          JSON.stringify(store.state.pending.filter((entry) => entry.viewId)),
        ].join('|')
      : ''
    if (version === drawn) return
    drawn = version
    node.hidden = !modal
    fill(node, modal ? dialog(modal) : '')
    if (modal) (node.querySelector('[autofocus]') ?? node.querySelector('.text-input'))?.focus()
  }
  return { node, update }
}

async function act(what) {
  try {
    await store.act(what)
  } catch (error) {
    toast(error.message)
  }
}

function dialog({ view, errors, busy, trouble, depth }) {
  const cancel = () => void act({ act: 'close' })
  const submit = (event) => {
    event.preventDefault()
    void act({ act: 'submit', values: valuesOf(view) })
  }
  return h(
    'form.modal',
    {
      role: 'dialog',
      'aria-modal': 'true',
      'data-testid': 'modal',
      'data-view-id': view.id,
      novalidate: '',
      onsubmit: submit,
    },
    h(
      'div.modal-head',
      {},
      depth > 1
        ? h('button.icon-button', { type: 'button', 'aria-label': 'Back', onclick: cancel }, '‹')
        : avatar(store.state.bot.userId, 28),
      h('h2', {}, view.title?.text ?? ''),
      h('button.icon-button', { type: 'button', 'aria-label': 'Close', onclick: cancel }, icon(icons.close)),
    ),
    trouble ? h('div.modal-trouble', { role: 'alert' }, icon(icons.warning, 18), trouble) : '',
    h('div.modal-body.blocks', {}, drawBlocks(view.blocks, { viewId: view.id }, errors)),
    h(
      'div.modal-foot',
      {},
      h(
        'button.btn',
        { type: 'button', 'data-testid': 'modal-close', onclick: cancel },
        view.close?.text ?? 'Cancel',
      ),
      view.submit
        ? h(
            'button.btn.btn-primary',
            {
              type: 'submit',
              'data-testid': 'modal-submit',
              disabled: busy,
              class: busy ? 'btn-waiting' : '',
            },
            h('span.btn-label', {}, view.submit.text),
            busy ? h('span.spinner') : '',
          )
        : '',
    ),
  )
}
