import { fill, h, icon, icons } from './dom.js'
import { toast } from './overlays.js'
import { store } from './store.js'

const time = (ms) =>
  new Date(ms).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit', second: '2-digit' })

const guarded = (run) => async () => {
  try {
    await run()
  } catch (error) {
    toast(error.message)
  }
}

/** The tool panel beside Slack: scenario controls, PagerDuty or mail. */
export function toolPanel() {
  const node = h('aside.pane.tool-pane')
  const bodies = { demo: demoPanel(), pagerduty: pagerdutyPanel(), mail: mailPanel() }
  const update = () => {
    const body = bodies[store.panel]
    node.hidden = !body
    if (!body) return
    body.update()
    if (node.__shown === store.panel) return
    node.__shown = store.panel
    fill(
      node,
      h(
        'header.pane-head',
        {},
        h('div.pane-title', {}, body.title),
        h(
          'div.head-right',
          {},
          h(
            'button.icon-button',
            { 'aria-label': 'Close panel', onclick: () => store.openPanel(store.panel) },
            icon(icons.close),
          ),
        ),
      ),
      body.node,
    )
  }
  return { node, update }
}

function demoPanel() {
  const node = h('div.tool-body', { 'data-testid': 'controls' })
  const update = () =>
    fill(
      node,
      store.state.guide.length === 0
        ? ''
        : h(
            'ol.guide',
            {},
            store.state.guide.map((step) => h('li', {}, step)),
          ),
      store.state.controls.length === 0 ? h('p.empty-text', {}, 'This demo has no controls.') : '',
      store.state.controls.map((control) =>
        h(
          'div.control',
          {},
          h(
            'button.btn',
            { 'data-control-id': control.id, onclick: guarded(() => store.control(control.id)) },
            control.label,
          ),
          h('p', {}, control.description),
        ),
      ),
    )
  return { title: 'Demo', node, update }
}

function pagerdutyPanel() {
  const list = h('div')
  const log = h('div.deliveries')
  const service = h('select.select', { 'data-testid': 'pagerduty-service', 'aria-label': 'Service' })
  const title = h('input.text-input', {
    placeholder: 'Checkout errors above 5 %',
    'data-testid': 'pagerduty-title',
    'aria-label': 'Title',
  })
  const trigger = guarded(async () => {
    await store.act({ act: 'trigger', service: service.value, title: title.value || title.placeholder })
    title.value = ''
  })
  const node = h(
    'div.tool-body.pagerduty',
    { 'data-testid': 'pagerduty' },
    h(
      'form.trigger',
      {
        onsubmit: (event) => {
          event.preventDefault()
          void trigger()
        },
      },
      service,
      title,
      h('button.btn.btn-pd', { 'data-testid': 'pagerduty-trigger' }, 'Trigger an incident'),
    ),
    list,
    h('h3', {}, 'Webhook deliveries'),
    log,
  )
  const update = () => {
    const { services, incidents, deliveries, subscriptions } = store.state.pagerduty
    if (service.options.length !== services.length)
      fill(
        service,
        services.map((entry) => h('option', { value: entry.id }, entry.name)),
      )
    fill(list, incidents.length === 0 ? h('p.empty-text', {}, 'No incidents.') : incidents.map(incidentCard))
    fill(
      log,
      subscriptions
        .filter((entry) => !entry.active)
        .map((entry) => h('p.pd-off', {}, `${entry.url} is disabled after three rejected deliveries.`)),
      deliveries.length === 0
        ? h(
            'p.empty-text',
            {},
            subscriptions.length === 0 ? 'No webhook subscription.' : 'Nothing delivered yet.',
          )
        : deliveries.map(deliveryRow),
    )
  }
  return { title: 'PagerDuty', node, update }
}

function incidentCard(incident) {
  const change = (to, label) =>
    h('button.mini', { onclick: guarded(() => store.act({ act: 'incident', id: incident.id, to })) }, label)
  const actions = {
    triggered: [
      change('acknowledged', 'Acknowledge'),
      change('resolved', 'Resolve'),
      change('escalated', 'Escalate'),
    ],
    acknowledged: [change('resolved', 'Resolve'), change('escalated', 'Escalate')],
    resolved: [change('triggered', 'Reopen')],
  }
  return h(
    'div.pd-incident',
    { 'data-incident-id': incident.id, class: `pd-${incident.status}` },
    h(
      'div.pd-line',
      {},
      h('span.pd-status', {}, incident.status),
      h('span.pd-number', {}, `#${incident.number}`),
      h('span.pd-time', {}, time(incident.createdMs)),
    ),
    h('div.pd-title', {}, incident.title),
    h(
      'div.pd-meta',
      {},
      `${incident.service.name} · ${incident.urgency} urgency · ${incident.assignees.map((person) => person.name).join(', ')}`,
    ),
    incident.notes.map((note) =>
      h(
        'div.pd-note',
        {},
        h('small', {}, `${note.by.name} · ${time(note.atMs)}`),
        h('div', {}, note.content),
      ),
    ),
    h('div.pd-actions', {}, actions[incident.status]),
  )
}

function deliveryRow(delivery) {
  const results = delivery.attempts
    .map((attempt) => `${attempt.result} (${attempt.tookMs} ms)`)
    .join(', then ')
  return h(
    'div.delivery',
    { class: `delivery-${delivery.state}` },
    h('b', {}, delivery.eventType),
    h('span', {}, delivery.state),
    h('small', {}, results || 'on its way'),
  )
}

function mailPanel() {
  const node = h('div.tool-body', { 'data-testid': 'mail' })
  const update = () =>
    fill(
      node,
      store.state.mails.length === 0 ? h('p.empty-text', {}, 'No mail has arrived.') : '',
      [...store.state.mails]
        .reverse()
        .map((mail) =>
          h(
            'details.mail',
            {},
            h(
              'summary',
              {},
              h('b', {}, mail.subject || '(no subject)'),
              h('small', {}, `${mail.from} → ${mail.to.join(', ')} · ${time(mail.atMs)}`),
            ),
            mail.html
              ? h('iframe', { sandbox: '', srcdoc: mail.html, title: mail.subject })
              : h('pre', {}, mail.text),
          ),
        ),
    )
  return { title: 'Mail', node, update }
}
