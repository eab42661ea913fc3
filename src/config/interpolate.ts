/** `${NAME}` and `${NAME:-default}`, where the default may hold further variables; `$${` is a literal `${`. */
export interface Interpolated {
  readonly text: string
  /** Names that have no value and no default. */
  readonly missing: readonly string[]
}

const MAX_DEPTH = 10

/** Replaces variables from the inside out. A variable that is set but empty counts as unset, as `:-` does in a shell. */
export function interpolate(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  depth = 0,
): Interpolated {
  if (depth > MAX_DEPTH) return { text, missing: [] }
  const missing: string[] = []
  let out = ''
  let at = 0
  while (at < text.length) {
    const start = text.indexOf('${', at)
    if (start < 0) break
    if (text[start - 1] === '$') {
      out += `${text.slice(at, start - 1)}\${`
      at = start + 2
      continue
    }
    const end = closingBrace(text, start + 2)
    if (end < 0) break
    const value = expand(text.slice(start + 2, end), environment, depth)
    missing.push(...value.missing)
    out += text.slice(at, start) + value.text
    at = end + 1
  }
  return { text: out + text.slice(at), missing }
}

function expand(
  expression: string,
  environment: Readonly<Record<string, string | undefined>>,
  depth: number,
): Interpolated {
  const separator = expression.indexOf(':-')
  const name = separator < 0 ? expression : expression.slice(0, separator)
  const value = environment[name]
  if (value !== undefined && value !== '') return { text: value, missing: [] }
  if (separator < 0) return { text: '', missing: [name] }
  return interpolate(expression.slice(separator + 2), environment, depth + 1)
}

function closingBrace(text: string, from: number): number {
  let open = 1
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('${', at)) open += 1
    else if (text[at] === '}') open -= 1
    if (open === 0) return at
  }
  return -1
}
