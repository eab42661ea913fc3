/** A received message: decoded headers and the first plain and HTML parts. */
export interface ParsedMail {
  readonly subject: string
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

interface Part {
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** Parses RFC 5322 with MIME parts: 7bit, 8bit, quoted-printable and base64; nested multiparts. */
export function parseMail(raw: Buffer): ParsedMail {
  const { headers, body } = splitPart(raw)
  const leaves = leavesOf({ headers, body })
  return {
    subject: decodeWords(headers.subject ?? ''),
    from: decodeWords(headers.from ?? ''),
    to: splitAddresses(decodeWords(headers.to ?? '')),
    text: leaves.find((part) => mediaType(part) === 'text/plain')?.text ?? '',
    html: leaves.find((part) => mediaType(part) === 'text/html')?.text ?? '',
    headers,
  }
}

const splitAddresses = (value: string): string[] =>
  value
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')

function splitPart(raw: Buffer): Part {
  const match = /\r?\n\r?\n/.exec(raw.toString('latin1'))
  const end = match ? match.index : raw.length
  const head = raw
    .subarray(0, end)
    .toString('utf8')
    .replace(/\r?\n[ \t]+/g, ' ')
  const headers: Record<string, string> = {}
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { headers, body: match ? raw.subarray(end + match[0].length) : Buffer.alloc(0) }
}

const mediaType = (part: { headers: Record<string, string> }): string =>
  (part.headers['content-type'] ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? ''

function leavesOf(part: Part): { headers: Record<string, string>; text: string }[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1]
  if (!boundary || !mediaType(part).startsWith('multipart/'))
    return [{ headers: part.headers, text: decodeBody(part) }]
  // latin1 keeps every byte, so that the parts can be cut as text and decoded afterwards.
  const pieces = part.body.toString('latin1').split(`--${boundary}`).slice(1, -1)
  return pieces.flatMap((piece) =>
    leavesOf(splitPart(Buffer.from(piece.replace(/^\r?\n/, '').replace(/\r?\n$/, ''), 'latin1'))),
  )
}

function decodeBody({ headers, body }: Part): string {
  const encoding = (headers['content-transfer-encoding'] ?? '7bit').toLowerCase()
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64').toString('utf8')
  if (encoding === 'quoted-printable') return quotedPrintable(body.toString('latin1').replace(/=\r?\n/g, ''))
  return body.toString('utf8').replace(/\r\n/g, '\n')
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
    .toString('utf8')
    .replace(/\r\n/g, '\n')

/** RFC 2047 encoded words: `=?utf-8?Q?...?=` and `?B?`. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?]+\?([QB])\?([^?]*)\?=/gi, (_all, kind: string, data: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(data, 'base64').toString('utf8')
        : quotedPrintable(data.replaceAll('_', ' ')),
    )
}
