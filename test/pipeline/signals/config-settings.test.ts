import { describe, expect, it } from 'vitest'
import { settingsOf } from '../../../src/pipeline/signals/config-settings.ts'

const shown = (path: string, text: string): readonly string[] =>
  settingsOf(path, text).map(({ key, value, line }) => `${line} ${key}=${value}`)

describe('the settings of a configuration file', () => {
  it('are read from .env files, quotes and comments taken off', () => {
    const text = '# points\nDECLINE_FROM=70\n\nexport NAME="a b # c"  # said so\nURL=http://x/#here\nEMPTY=\n'
    expect(shown('payment.env', text)).toEqual([
      '2 DECLINE_FROM=70',
      '4 NAME=a b # c',
      '5 URL=http://x/#here',
      '6 EMPTY=',
    ])
  })

  it('are read from TOML with the names of their tables', () => {
    const text =
      'timeout = 2 # seconds\n\n[settlement]\nGBP = "LON-1"\n[settlement."new bank"]\nCHF = \'ZRH\'\n'
    expect(shown('payment.toml', text)).toEqual([
      '1 timeout=2',
      '4 settlement.GBP=LON-1',
      '6 settlement."new bank".CHF=ZRH',
    ])
  })

  it('hold what goes over several lines as one', () => {
    expect(shown('payment.toml', 'hosts = [\n  "a", # first\n  "b",\n]\nnext = 1\n')).toEqual([
      '1 hosts=[ "a", "b", ]',
      '5 next=1',
    ])
  })

  it('are read from YAML, nested and in lists, with the line of their key', () => {
    const text = 'limits:\n  EUR: 100\n  GBP: &pounds 90\nother: *pounds\nhosts:\n  - a\n  - name: b\nnone:\n'
    expect(shown('payment.yaml', text)).toEqual([
      '2 limits.EUR=100',
      '3 limits.GBP=90',
      '4 other=*pounds',
      '6 hosts[0]=a',
      '7 hosts[1].name=b',
      '8 none=null',
    ])
  })

  it('are read from JSON, however it is indented', () => {
    expect(shown('payment.json', '{\n\t"a": {\n\t\t"b": [1,\n\t\t"two"]\n\t}\n}\n')).toEqual([
      '3 a.b[0]=1',
      '4 a.b[1]=two',
    ])
  })

  it.each([
    ['payment.yaml', 'a: [1,\nb: {'],
    ['payment.json', '{"a": '],
    ['payment.env', 'no assignment here\n'],
    ['payment.yaml', ''],
  ])('are none where %s cannot be read', (path, text) => {
    expect(settingsOf(path, text)).toEqual([])
  })
})
