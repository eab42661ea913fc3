type Document = Readonly<Record<string, unknown>>

const MESSAGES = ['message', 'msg', 'log', 'body']

/** The value of a field, whether the document nests it or writes its dots; undefined where it has none. */
export function valueAt(document: Document, field: string): unknown {
  if (Object.hasOwn(document, field)) return document[field]
  return field
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
          ? (inner as Document)[key]
          : undefined,
      document,
    )
}

/**
 * A document as one record of a log. Where it has nothing but a message, or the message is the record as it was written (JSON, or
 * with a stack trace of its own), that; else one JSON object of the fields that are read, with its time, which the log
 * parsers know by the names of ECS, OpenTelemetry and the usual loggers.
 */
export function documentText(
  document: Document,
  { fields, timeField, atMs }: { fields: readonly string[]; timeField: string; atMs: number },
): string {
  const told = fields.flatMap((field): [string, unknown][] => {
    const value = valueAt(document, field)
    return value === undefined || value === null || value === '' ? [] : [[field, value]]
  })
  const messages = told.filter(([field]) => MESSAGES.includes(field))
  const message = messages[0]?.[1]
  const isWhole = typeof message === 'string' && (told.length === messages.length || isRecord(message))
  if (isWhole) return message
  return JSON.stringify(nested([[timeField, new Date(atMs).toISOString()], ...told]))
}

/** One object of fields, whose names may have dots: inner ones are put inside. */
function nested(fields: readonly (readonly [string, unknown])[]): Document {
  const whole: Record<string, unknown> = {}
  for (const [field, value] of fields) {
    const keys = field.split('.')
    const last = keys.pop() ?? field
    let inner = whole
    for (const key of keys) {
      const next = inner[key]
      inner =
        typeof next === 'object' && next !== null
          ? (next as typeof whole)
          : ((inner[key] = {}) as typeof whole)
    }
    inner[last] = value
  }
  return whole
}

function isRecord(message: string): boolean {
  const text = message.trimStart()
  return text.startsWith('{') || /\n\s+at |Traceback \(most recent call last\)|\ngoroutine \d/.test(text)
}
