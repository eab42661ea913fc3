import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../../src/integrations/prometheus/exposition.ts'
import { labelText } from '../../contracts/metrics-timeline.ts'

describe('the text format', () => {
  it('is read with comments, labels, escapes, time stamps, exemplars and special values', () => {
    const text = [
      '# HELP http_requests_total Answers.\r',
      '# TYPE http_requests_total counter',
      'http_requests_total{route="/a\\"b\\\\c\\nd",method="GET",} 1.5e3 1700000000000\r',
      'plain 7',
      'spaced {  le = "+Inf" ,  x="" } +Inf',
      'negative -Inf',
      'unknown NaN',
      'with_exemplar_bucket{le="1"} 3 # {trace_id="abc"} 0.5',
      '# EOF',
    ].join('\n')
    const { samples, badLines } = parseExposition(text)
    expect(badLines).toBe(0)
    expect(samples).toEqual([
      { name: 'http_requests_total', labels: { route: '/a"b\\c\nd', method: 'GET' }, value: 1500 },
      { name: 'plain', labels: {}, value: 7 },
      { name: 'spaced', labels: { le: '+Inf', x: '' }, value: Number.POSITIVE_INFINITY },
      { name: 'negative', labels: {}, value: Number.NEGATIVE_INFINITY },
      { name: 'unknown', labels: {}, value: Number.NaN },
      { name: 'with_exemplar_bucket', labels: { le: '1' }, value: 3 },
    ])
  })

  it('hides no good line behind a bad one', () => {
    const text =
      'good 1\nhalf{a="b\n{x="1"} 2\nname_only\nword abc\n1starts_with_digit 3\nalso_good{a="b"} 2\n'
    const { samples, badLines } = parseExposition(text)
    expect(samples.map((one) => one.name)).toEqual(['good', 'also_good'])
    expect(badLines).toBe(5)
  })

  it('gives back every label value that was written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.double({ noDefaultInfinity: true, noNaN: true }),
        (value, number) => {
          fc.pre(!Object.is(number, -0))
          const { samples } = parseExposition(
            `m{a="x",l="${labelText({ l: value }).slice(3, -1)}"} ${number}`,
          )
          expect(samples).toEqual([{ name: 'm', labels: { a: 'x', l: value }, value: number }])
        },
      ),
    )
  })

  it('never throws and never hangs, whatever it is given', () => {
    fc.assert(fc.property(fc.string({ maxLength: 2000 }), (text) => void parseExposition(text)))
    const started = performance.now()
    parseExposition(`m{${'a="b",'.repeat(20_000)}`)
    parseExposition(`m{a="${'\\'.repeat(100_000)}`)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('stops at the most samples that are read, and says so', () => {
    expect(parseExposition('a 1\nb 2\nc 3\n', 2)).toMatchObject({ cut: true, samples: [{}, {}] })
  })
})
