const REDACTED = '[redacted]'
const MAX_KEY_BLOCK = 16_384
const MAX_DEPTH = 12

/** Every pattern starts at the beginning of its run of characters or at a fixed word, so each is linear. */
const TOKENS: readonly RegExp[] = [
  /(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Z0-9])/g,
  /(?<![\w-])eyJ[\w-]{5,4096}\.[\w-]{5,8192}(?:\.[\w-]{0,4096})?/g,
  /(?<![\w-])(?:gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|sk_live_|rk_live_|sk-|npm_|pypi-|AIza|SG\.)[\w.-]{16,400}/g,
  /(?<=\b(?:bearer|basic) )[\w.~+/=-]{8,8192}/gi,
  /(?<=:\/\/[^\s:/@]{1,100}:)[^\s@/]{1,200}(?=@)/g,
]
const ASSIGNED =
  /((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?|cookie|cvv|cvc)[\w-]{0,20}(?:=|["'] {0,3}[:=]) {0,3}|(?:password|passwd|passphrase|pwd|api[_-]?key|authorization) {0,3}[:=] {0,3})("[^"\n]{1,4096}"|'[^'\n]{1,4096}'|(?!\[redacted)[^\s,;&"'{}[\])]{1,4096})/gi
const CARD = /(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])/g
const SECRET_KEY =
  /(?:^|[_-])(?:pass|pwd|ssn|pan|cvv2?|cvc2?|auth)$|password|passwd|passphrase|secret|token$|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie|credential|card[_-]?(?:number|no)$/i

/**
 * The text without the secrets that can be recognised: cloud keys, tokens, JWT, private keys, card numbers, and what is
 * assigned to a name such as `password`. Linear in the length of the text.
 */
export function redactSecrets(text: string): string {
  let clean = withoutPrivateKeys(text)
  for (const token of TOKENS) clean = clean.replace(token, REDACTED)
  clean = clean.replace(ASSIGNED, (_, name: string, value: string) => name + quotedLike(value))
  return clean.replace(CARD, (digits) => (passesLuhn(digits) ? REDACTED : digits))
}

function quotedLike(value: string): string {
  const quote = value[0]
  return quote === '"' || quote === "'" ? `${quote}${REDACTED}${quote}` : REDACTED
}

function withoutPrivateKeys(text: string): string {
  const parts: string[] = []
  let from = 0
  for (;;) {
    const begin = text.indexOf('-----BEGIN ', from)
    if (begin === -1) break
    const isPrivate = text.slice(begin, begin + 60).includes('PRIVATE KEY')
    parts.push(text.slice(from, begin), isPrivate ? REDACTED : '-----BEGIN ')
    from = isPrivate ? endOfKey(text, begin) : begin + '-----BEGIN '.length
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from)
}

function endOfKey(text: string, begin: number): number {
  const window = text.slice(begin, begin + MAX_KEY_BLOCK)
  const end = window.indexOf('-----END ')
  if (end === -1) return begin + window.length
  const close = window.indexOf('-----', end + 9)
  return begin + (close === -1 ? window.length : close + 5)
}

/** The check digit that every payment card number carries (ISO/IEC 7812-1, annex B). */
function passesLuhn(text: string): boolean {
  const digits = [...text.replace(/\D/g, '')].map(Number).toReversed()
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0
}

/**
 * The same JSON value without secrets: strings are redacted as texts, and so is everything under a key that names a
 * secret. Types stay as they were (a number becomes 0, null stays null), so that the value still provokes the same
 * code path.
 */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactSecrets(value)
  if (typeof value === 'number') return passesAsCard(value) ? 0 : value
  if (value === null || typeof value !== 'object') return value
  if (depth > MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map((inner) => redactValue(inner, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) ? blanked(inner, depth + 1) : redactValue(inner, depth + 1),
    ]),
  )
}

const CONFIG_LINE = /^(\s*(?:- )?(?:export )?["']?)([\w.\-/]{1,200})(["']?\s{0,20}[:=]\s{0,20})(\S.*)$/

/** Lines of a configuration file, or of a diff of one, without what is set to a name that tells of a secret; as many lines. */
export function redactConfigLines(lines: readonly string[]): readonly string[] {
  let isInKey = false
  return lines.map((line) => {
    if (/-----BEGIN [A-Z ]{0,40}PRIVATE KEY/.test(line)) isInKey = true
    const shown = isInKey ? REDACTED : redactConfigLine(line)
    if (line.includes('-----END ')) isInKey = false
    return shown
  })
}

function redactConfigLine(line: string): string {
  const sign = /^[+-](?![+-])/.test(line) ? line.charAt(0) : ''
  const [, before = '', name = '', between = '', value = ''] = CONFIG_LINE.exec(line.slice(sign.length)) ?? []
  const isSecret = name !== '' && SECRET_KEY.test(name) && value !== '{' && value !== '['
  return isSecret ? `${sign}${before}${name}${between}${REDACTED}` : redactSecrets(line)
}

function passesAsCard(value: number): boolean {
  return Number.isSafeInteger(value) && value > 2e15 && value < 7e15 && passesLuhn(String(value))
}

function blanked(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return REDACTED
  if (typeof value === 'number') return 0
  if (value === null || typeof value !== 'object') return value
  if (depth > MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map((inner) => blanked(inner, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, blanked(inner, depth + 1)]))
}
