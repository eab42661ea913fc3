/** Builds an element: attributes first, then children; functions on `on...` become listeners. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.')
  const element = document.createElement(name || 'div')
  if (classes.length > 0) element.className = classes.join(' ')
  for (const [key, value] of Object.entries(attributes)) setAttribute(element, key, value)
  append(element, children)
  return element
}

function setAttribute(element, key, value) {
  if (value === undefined || value === null || value === false) return
  if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
  else if (key === 'class') element.className = `${element.className} ${value}`.trim()
  else if (key in element && typeof value === 'boolean') element[key] = value
  else element.setAttribute(key, value === true ? '' : value)
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === '') continue
    element.append(child instanceof Node ? child : String(child))
  }
}

/** Replaces an element's children. */
export function fill(element, ...children) {
  element.replaceChildren()
  append(element, children)
}

const svgNamespace = 'http://www.w3.org/2000/svg'

/** A 20-unit line icon from path data. */
export function icon(path, size = 20) {
  const svg = document.createElementNS(svgNamespace, 'svg')
  for (const [key, value] of Object.entries({
    viewBox: '0 0 20 20',
    width: size,
    height: size,
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': 1.5,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
  })) {
    svg.setAttribute(key, value)
  }
  const line = document.createElementNS(svgNamespace, 'path')
  line.setAttribute('d', path)
  svg.append(line)
  return svg
}

export const icons = {
  thread:
    'M3 5.5A2.5 2.5 0 0 1 5.5 3h9A2.5 2.5 0 0 1 17 5.5v6a2.5 2.5 0 0 1-2.5 2.5H9l-4 3v-3A2.5 2.5 0 0 1 3 11.5z',
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M3.5 3.5l13 6.5-13 6.5 2-6.5zM5.5 10h5',
  bell: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8 17h4',
  mail: 'M3 5h14v10H3zM3 5.5l7 5.5 7-5.5',
  play: 'M6 4l10 6-10 6z',
  home: 'M3.5 9.5L10 4l6.5 5.5V16h-4.5v-4h-4v4H3.5z',
  eye: 'M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  warning: 'M10 3.5l7.5 13h-15zM10 8.5v3.5M10 14.3v.2',
  file: 'M5 3h6.5L15 6.5V17H5zM11.5 3v3.5H15',
  smile: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM7.5 8v.3M12.5 8v.3M6.8 11.5a3.6 3.6 0 0 0 6.4 0',
  pin: 'M11.5 3l5.5 5.5-3 .5-2.5 2.5-.5 3.5-6-6 3.5-.5L11 6zM8 12l-4.5 4.5',
  people:
    'M7.5 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.5 16c0-3 2.2-4.5 5-4.5s5 1.5 5 4.5zM13 4.5a2.5 2.5 0 0 1 0 5M14.5 12c2 .5 3 1.8 3 4h-2',
}

/**
 * Keeps a container's children in step with a list: only entries whose version changed are drawn again,
 * so that hovering, selecting and scrolling survive an update elsewhere.
 */
export function syncList(container, items, { key, version, draw }) {
  const known = (container.__known ??= new Map())
  const wanted = new Set(items.map(key))
  for (const [id, entry] of known) {
    if (wanted.has(id)) continue
    entry.node.remove()
    known.delete(id)
  }
  let previous = null
  for (const item of items) {
    const id = key(item)
    const next = version(item)
    let entry = known.get(id)
    if (!entry || entry.version !== next) {
      const node = draw(item)
      if (entry) entry.node.replaceWith(node)
      entry = { node, version: next }
      known.set(id, entry)
    }
    const place = previous ? previous.nextSibling : container.firstChild
    if (entry.node !== place) container.insertBefore(entry.node, place)
    previous = entry.node
  }
}
