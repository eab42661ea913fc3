import { h, icon, icons } from './dom.js'
import { textNodes } from './rich.js'

const root = () =>
  document.getElementById('overlays') ?? document.body.appendChild(h('div', { id: 'overlays' }))

/** A picture over everything; a click or Escape closes it. */
export function lightbox(url, title) {
  const close = () => {
    overlay.remove()
    removeEventListener('keydown', onKey)
  }
  const onKey = (event) => {
    if (event.key === 'Escape') close()
  }
  const overlay = h(
    'div.lightbox',
    { 'data-testid': 'lightbox', onclick: close },
    h(
      'div.lightbox-bar',
      {},
      h('b', {}, title ?? ''),
      h('button.icon-button', { 'aria-label': 'Close' }, icon(icons.close)),
    ),
    h('img', { src: url, alt: title ?? '' }),
  )
  addEventListener('keydown', onKey)
  root().append(overlay)
}

/** Slack's confirmation dialog; resolves to whether the person went on. */
export function confirmDialog(confirm) {
  return new Promise((resolve) => {
    const end = (answer) => {
      overlay.remove()
      resolve(answer)
    }
    const style = confirm.style === 'danger' ? 'btn-danger' : 'btn-primary'
    const overlay = h(
      'div.modal-backdrop',
      { 'data-testid': 'confirm' },
      h(
        'div.dialog',
        { role: 'dialog', 'aria-modal': 'true' },
        h(
          'div.dialog-head',
          {},
          h('h2', {}, confirm.title?.text ?? 'Are you sure?'),
          h('button.icon-button', { 'aria-label': 'Close', onclick: () => end(false) }, icon(icons.close)),
        ),
        h('div.dialog-body', {}, textNodes(confirm.text)),
        h(
          'div.dialog-foot',
          {},
          h(
            'button.btn',
            { 'data-testid': 'confirm-deny', onclick: () => end(false) },
            confirm.deny?.text ?? 'Cancel',
          ),
          h(
            'button.btn',
            { class: style, 'data-testid': 'confirm-ok', onclick: () => end(true) },
            confirm.confirm?.text ?? 'Yes',
          ),
        ),
      ),
    )
    root().append(overlay)
    overlay.querySelector('[data-testid=confirm-ok]').focus()
  })
}

/** A sentence at the bottom that goes away by itself. */
export function toast(text) {
  const node = h('div.toast', { role: 'status' }, text)
  root().append(node)
  setTimeout(() => node.remove(), 6000)
}
