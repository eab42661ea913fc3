import { describe, expect, it } from 'vitest'
import { interpolate } from '../../src/config/interpolate.ts'

describe('interpolation', () => {
  const env = { A: 'a', EMPTY: '', HOST: 'db' }

  it.each([
    ['${A}', 'a'],
    ['x${A}y${A}', 'xaya'],
    ['${NONE:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${NONE:-${A}}', 'a'],
    ['${NONE:-${ALSO_NONE:-http://${HOST}:1}/x}', 'http://db:1/x'],
    ['${NONE:-}', ''],
    ['$${A}', '${A}'],
    ['no variables', 'no variables'],
    ['${unclosed', '${unclosed'],
  ])('turns %s into %s', (text, expected) => {
    expect(interpolate(text, env)).toEqual({ text: expected, missing: [] })
  })

  it('names every variable that has neither value nor default', () => {
    expect(interpolate('${X} ${NONE:-${Y}}', env).missing).toEqual(['X', 'Y'])
  })
})
