import { boolean, byType, integer, list, object, oneOf, string } from './checks.ts'
import type { Check } from './checks.ts'

const style = {
  style: object({
    optional: {
      bold: boolean,
      italic: boolean,
      strike: boolean,
      code: boolean,
      underline: boolean,
      highlight: boolean,
      client_highlight: boolean,
      unlink: boolean,
    },
  }),
}
const leaf = (type: string, required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  object({ required: { type: oneOf(type), ...required }, optional: { ...style, ...optional } })

const inline = byType(() => ({
  text: leaf('text', { text: string() }),
  link: leaf('link', { url: string() }, { text: string(Number.POSITIVE_INFINITY, 0), unsafe: boolean }),
  emoji: leaf('emoji', { name: string() }, { unicode: string(), url: string(), skin_tone: integer(1, 6) }),
  user: leaf('user', { user_id: string() }),
  usergroup: leaf('usergroup', { usergroup_id: string() }),
  channel: leaf('channel', { channel_id: string() }),
  team: leaf('team', { team_id: string() }),
  broadcast: leaf('broadcast', { range: oneOf('here', 'channel', 'everyone') }),
  color: leaf('color', { value: string() }),
  date: leaf('date', { timestamp: integer(0), format: string() }, { url: string(), fallback: string() }),
}))

const many = 10_000
const parts = (type: string, optional: Record<string, Check> = {}): Check =>
  object({ required: { type: oneOf(type), elements: list(inline, many, 0) }, optional })
const section = parts('rich_text_section')

const rich = byType(() => ({
  rich_text_section: section,
  rich_text_quote: parts('rich_text_quote', { border: integer(0, 1) }),
  rich_text_preformatted: parts('rich_text_preformatted', { border: integer(0, 1) }),
  rich_text_list: object({
    required: {
      type: oneOf('rich_text_list'),
      style: oneOf('bullet', 'ordered'),
      elements: list(section, many),
    },
    optional: { indent: integer(0, 8), offset: integer(0), border: integer(0, 1) },
  }),
}))

/** A `rich_text` block, also usable as a table cell. */
export const richText: Check = object({
  required: { type: oneOf('rich_text'), elements: list(rich, many) },
  optional: { block_id: string(255) },
})
