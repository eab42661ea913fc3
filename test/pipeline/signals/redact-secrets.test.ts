import { describe, expect, it } from 'vitest'
import { parseLogLine } from '../../../src/pipeline/signals/log-lines.ts'
import {
  redactConfigLines,
  redactSecrets,
  redactValue,
} from '../../../src/pipeline/signals/redact-secrets.ts'

// Put together here, so that no scanner takes the test for a leak.
const AWS_ID = `AKIA${'IOSFODNN7EXAMPLE'}`
const JWT = `eyJ${'hbGciOiJIUzI1NiJ9'}.${'eyJzdWIiOiIxIn0'}.${'abcDEF123_-'}`
const KEY = `-----BEGIN ${'RSA PRIVATE KEY'}-----\nMIIEow\n-----END RSA ${'PRIVATE KEY'}-----`

describe('redaction', () => {
  it.each([
    ['an AWS key', `id ${AWS_ID} used`, AWS_ID],
    ['a JWT', `token was ${JWT}`, JWT],
    ['a bearer token', 'Authorization: Bearer abc.def-ghi_jkl', 'abc.def-ghi_jkl'],
    ['a password', 'password=hunter2 next', 'hunter2'],
    ['a quoted password', '"db_password": "hunter2"', 'hunter2'],
    ['an API key', 'api_key: 0123456789', '0123456789'],
    ['a token in a query', 'GET /x?access_token=abcdef123&y=1', 'abcdef123'],
    ['a private key', `before ${KEY} after`, 'MIIEow'],
    ['a private key that is cut off', KEY.slice(0, 40), 'MIIEow'],
    ['a card number', 'card 4111 1111 1111 1111 declined', '4111'],
    ['a URL with a password', 'postgres://app:s3cret@db/x', 's3cret'],
  ])('removes %s', (_, text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret)
    expect(redactSecrets(text)).toContain('[redacted]')
  })

  it.each([
    "SyntaxError: Unexpected token '}' in JSON at position 3",
    'order 1234567890123456 took 12 ms',
    'at charge (/app/src/tokens.ts:41:7)',
    "KeyError: 'secret'",
    'trace_id=4bf92f3577b34da6a3ce929d0e0e4736',
    'max_tokens reached',
  ])('leaves alone: %s', (text) => {
    expect(redactSecrets(text)).toBe(text)
  })

  it('done twice changes nothing more', () => {
    const once = redactSecrets(`password=a token=${JWT} Authorization: Bearer abcdefghijk`)
    expect(redactSecrets(once)).toBe(once)
  })

  it('of a value keeps its shape, so that it still provokes the same fault', () => {
    const value = {
      user: { password: 'a', pin_token: 7, address: null },
      card_number: '4111111111111111',
      items: [1, 'x'],
    }
    expect(redactValue(value)).toEqual({
      user: { password: '[redacted]', pin_token: 0, address: null },
      card_number: '[redacted]',
      items: [1, 'x'],
    })
  })

  it('covers all that is kept of a log line', () => {
    const record = parseLogLine(
      JSON.stringify({
        msg: 'password=hunter2',
        request: { method: 'POST', path: '/x?token=abcdef1', body: { secret: 'hunter2' } },
      }),
    )
    expect(JSON.stringify(record)).not.toMatch(/hunter2|abcdef1/)
    expect(JSON.stringify(parseLogLine('ERROR password=hunter2'))).not.toContain('hunter2')
  })
})

describe('lines of a configuration file', () => {
  it('lose what is set to a name that tells of a secret, and stay as many', () => {
    const lines = [
      'DECLINE_FROM=70',
      'export DB_PASSWORD=hunter2',
      '  client_secret: hunter2',
      '  "apiKey": "hunter2",',
      '-token = "hunter2"',
      '+auth_token=hunter2',
      '--- a/payment.env',
      'key: |',
      '  -----BEGIN RSA PRIVATE KEY-----',
      '  hunter2',
      '  -----END RSA PRIVATE KEY-----',
      'password:',
      '  minimum_length: 12',
    ]
    expect(redactConfigLines(lines)).toEqual([
      'DECLINE_FROM=70',
      'export DB_PASSWORD=[redacted]',
      '  client_secret: [redacted]',
      '  "apiKey": [redacted]',
      '-token = [redacted]',
      '+auth_token=[redacted]',
      '--- a/payment.env',
      'key: |',
      '[redacted]',
      '[redacted]',
      '[redacted]',
      'password:',
      '  minimum_length: 12',
    ])
  })
})
