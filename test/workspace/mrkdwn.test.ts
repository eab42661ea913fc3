import { describe, expect, it } from 'vitest'
import { formatDate, parseMrkdwn } from '../../demo/workspace/page/mrkdwn.js'

describe('mrkdwn', () => {
  it('reads bold, italic, strike and code, nested and side by side', () => {
    expect(parseMrkdwn('*a _b_* ~c~ `*d*`')).toEqual([
      {
        kind: 'bold',
        children: [
          { kind: 'text', text: 'a ' },
          { kind: 'italic', children: [{ kind: 'text', text: 'b' }] },
        ],
      },
      { kind: 'text', text: ' ' },
      { kind: 'strike', children: [{ kind: 'text', text: 'c' }] },
      { kind: 'text', text: ' ' },
      { kind: 'code', text: '*d*' },
    ])
  })

  it.each(['2 * 3 * 4', 'snake_case_name', 'a*b*c', '* not bold *', '12:30:45'])(
    'leaves %s as it is',
    (text) => {
      expect(parseMrkdwn(text)).toEqual([{ kind: 'text', text }])
    },
  )

  it('keeps code blocks verbatim and drops the line breaks beside them', () => {
    expect(parseMrkdwn('see\n```\n-a *b*\n+c &lt;d&gt;\n```\nend')).toEqual([
      { kind: 'text', text: 'see' },
      { kind: 'pre', text: '-a *b*\n+c <d>' },
      { kind: 'text', text: 'end' },
    ])
  })

  it('reads links, mentions, channels, broadcasts and emoji', () => {
    expect(
      parseMrkdwn('<https://x.test/a?b=1&amp;c=2|plan> <@U1> <#C1|incidents> <!here> :rocket: :nope:'),
    ).toEqual([
      { kind: 'link', url: 'https://x.test/a?b=1&c=2', text: 'plan' },
      { kind: 'text', text: ' ' },
      { kind: 'user', id: 'U1', text: undefined },
      { kind: 'text', text: ' ' },
      { kind: 'channel', id: 'C1', text: 'incidents' },
      { kind: 'text', text: ' ' },
      { kind: 'broadcast', text: '@here' },
      { kind: 'text', text: ' ' },
      { kind: 'emoji', id: 'rocket', text: '🚀' },
      { kind: 'text', text: ' :nope:' },
    ])
  })

  it('gathers quoted lines into one quote', () => {
    const [quote, rest] = parseMrkdwn('>one\n&gt; two\nthree')
    expect(quote).toMatchObject({
      kind: 'quote',
      children: [{ text: 'one' }, { kind: 'br' }, { text: 'two' }],
    })
    expect(rest).toEqual({ kind: 'text', text: 'three' })
  })

  it('writes dates with Slack’s tokens and falls back on nonsense', () => {
    const now = Math.floor(Date.now() / 1000)
    expect(formatDate(now, '{date_short_pretty}')).toBe('today')
    expect(formatDate(1_700_000_000, '{date_num}')).toBe('2023-11-14')
    expect(parseMrkdwn('<!date^x^{time}|14:03>')).toEqual([{ kind: 'date', text: '14:03' }])
  })
})
