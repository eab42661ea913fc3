import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'

/** One setting of a configuration file. */
export interface Setting {
  /** Dotted where settings are nested: `settlement.accounts[2]`. */
  readonly key: string
  readonly value: string
  /** One-based. */
  readonly line: number
}

const STRUCTURED = /\.(?:ya?ml|json)$/i
const SECTION = /^\[{1,2}\s*([^\],]+?)\s*\]{1,2}\s*(?:#.*)?$/
const ASSIGNMENT = /^(?:export\s+)?("[^"]+"|'[^']+'|[\w.\-/]+)\s*=\s*(.*)$/

/**
 * The settings of a file in order of their lines: YAML and JSON by their parser; .env, TOML and the like by their lines,
 * which hold one setting each. What cannot be read has none; whether it is well formed is for the syntax gate to say.
 */
export function settingsOf(path: string, text: string): readonly Setting[] {
  return STRUCTURED.test(path) ? structuredSettings(text) : lineSettings(text)
}

/** What is no setting of its own (a list over several lines) belongs to the one above it. */
function lineSettings(text: string): readonly Setting[] {
  const settings: Setting[] = []
  let section = ''
  text.split('\n').forEach((raw, at) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return
    const header = SECTION.exec(line)?.[1]
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? []
    const above = settings.at(-1)
    if (header !== undefined) section = `${unquoted(header)}.`
    else if (name !== undefined)
      settings.push({ key: `${section}${unquoted(name)}`, value: withoutComment(value), line: at + 1 })
    else if (above !== undefined)
      settings.splice(-1, 1, { ...above, value: `${above.value} ${withoutComment(line)}` })
  })
  return settings
}

function withoutComment(value: string): string {
  const quoted = /^("[^"]*"|'[^']*')\s*(?:#.*)?$/.exec(value)?.[1]
  return quoted === undefined ? value.replace(/\s+#.*$/, '').trim() : unquoted(quoted)
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2')
}

function structuredSettings(text: string): readonly Setting[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent' })
  if (!Array.isArray(documents)) return []
  const settings: Setting[] = []
  documents.forEach((document, at) => {
    if (document.errors.length > 0) return
    const prefix = documents.length > 1 ? `document ${at + 1}` : ''
    if (document.contents !== null) collect(document.contents, prefix, null)
  })
  return settings

  function collect(node: unknown, key: string, keyOffset: number | null): void {
    if (isMap(node)) {
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
        const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null
        collect(pair.value, key === '' ? name : `${key}.${name}`, offset)
      }
    } else if (isSeq(node)) node.items.forEach((item, at) => collect(item, `${key}[${at}]`, null))
    else settings.push({ key, value: valueOf(node), line: lines.linePos(offsetOf(node, keyOffset)).line })
  }
}

function valueOf(node: unknown): string {
  if (isScalar(node)) return String(node.value)
  return isAlias(node) ? `*${node.source}` : 'null'
}

/** The line of the key is where a person looks; an entry of a list has none. */
function offsetOf(node: unknown, keyOffset: number | null): number {
  if (keyOffset !== null) return keyOffset
  return (isScalar(node) || isAlias(node) ? node.range?.[0] : undefined) ?? 0
}
